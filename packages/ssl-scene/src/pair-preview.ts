import { type Crop, type CropRegion, cropScore, pairScore } from '@ssl-scene/cropping';
import type { Raster } from '@ssl-scene/geometry';
import type { ViewSpec } from '@ssl-scene/views';
import type { Config } from './config/config.ts';
import { salientPairs, salientViews, weightingOptions } from './salient-views.ts';

/** Where the two views of a pair of salient views fall. */
export interface PairPreview {
  /** Names of the two views. */
  readonly views: readonly [string, string];
  readonly first: readonly Crop[];
  readonly second: readonly Crop[];
  /** Mean score of the drawn pairs, from 0 to 1. */
  readonly score: number;
}

const DRAWS = 6;

/** @param draw cuts a view of the image as a run would in its epoch of that number. */
export function previewPairs(
  config: Pick<Config, 'views' | 'regions'>,
  { width, height }: Raster,
  region: CropRegion,
  draw: (view: ViewSpec, epoch: number) => Crop,
): PairPreview[] {
  const { views } = config;
  const specs = salientViews(views);
  const { grid, score: mode = 'geometric', eps = 0.05 } = weightingOptions(config) ?? {};
  const score = (crop: Crop): number => cropScore(crop, width, height, region, grid);
  return salientPairs(views).map(({ a, b }) => {
    const [first, second] = [a, b].map((name) => {
      const spec = specs.find((candidate) => candidate.name === name)!;
      return Array.from({ length: DRAWS }, (_, epoch) => draw(spec, epoch));
    }) as [Crop[], Crop[]];
    const scores = first.map((crop, epoch) => pairScore(score(crop), score(second[epoch]!), { mode, eps }));
    return { views: [a, b], first, second, score: scores.reduce((sum, value) => sum + value, 0) / DRAWS };
  });
}
