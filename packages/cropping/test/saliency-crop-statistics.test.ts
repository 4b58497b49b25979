import { readFileSync } from 'node:fs';
import { createCropSampler, cropScore, HeatMap, type Range } from '@ssl-scene/cropping';
import { randomStream } from '@ssl-scene/random';
import { describe, expect, it } from 'vitest';

interface Moments {
  readonly mean: number;
  readonly deviation: number;
  /** Shares of eight equal bins of [0, 1]. */
  readonly shares?: readonly number[];
}

interface StatisticsCase {
  readonly map: readonly (readonly number[])[];
  readonly width: number;
  readonly height: number;
  readonly options: {
    readonly tau: number;
    readonly gamma: number;
    readonly slot: number;
    readonly scale: Range;
    readonly centreBeta: number | null;
  };
  readonly draws: number;
  readonly expected: Readonly<Record<'area' | 'logRatio' | 'centreX' | 'centreY' | 'score', Moments>>;
}

/** Statistics of an independent implementation, made by saliency-crop-statistics.py next to them. */
const cases = JSON.parse(
  readFileSync(new URL('fixtures/saliency-crop-statistics.json', import.meta.url), 'utf8'),
) as StatisticsCase[];

const SEED = 1;
const DRAWS = 8000;
/** Some 130 comparisons: in standard errors, what one of them exceeds by chance in one of 1,000 seeds. */
const LIMIT = 4.5;

describe('saliency crops are distributed as those of an independent implementation', () => {
  it.each(cases.map((item, index) => ({ ...item, index })))('case $index', (item) => {
    const { map, width, height, options, draws, expected } = item;
    const { centreBeta, ...spec } = options;
    const sampler = createCropSampler({ kind: 'saliency', ...spec, ...(centreBeta !== null && { centreBeta }) });
    const heatMap = new HeatMap({ width: map[0]!.length, height: map.length, data: map.flat() });
    const region = { box: { x0: 0, y0: 0, x1: 1, y1: 1 }, active: true, heatMap };
    const random = randomStream(SEED, 'statistics', item.index);
    const crops = Array.from({ length: DRAWS }, () => sampler(width, height, region, random));
    const values = {
      area: crops.map((crop) => (crop.width * crop.height) / (width * height)),
      logRatio: crops.map((crop) => Math.log(crop.width / crop.height)),
      centreX: crops.map((crop) => (crop.x + crop.width / 2) / width),
      centreY: crops.map((crop) => (crop.y + crop.height / 2) / height),
      score: crops.map((crop) => cropScore(crop, width, height, region)),
    };
    const error = Math.sqrt(1 / draws + 1 / DRAWS);
    for (const [name, want] of Object.entries(expected)) {
      const got = values[name as keyof typeof values];
      const mean = got.reduce((sum, value) => sum + value, 0) / DRAWS;
      expect(Math.abs(mean - want.mean), `mean of ${name}`).toBeLessThan(LIMIT * want.deviation * error);
      for (const [bin, share] of (want.shares ?? []).entries()) {
        const ours = got.filter((value) => Math.min(7, Math.floor(8 * value)) === bin).length / DRAWS;
        // A share of almost nothing is no normal variable: allow eight counts.
        const limit = Math.max(LIMIT * Math.sqrt(share * (1 - share)) * error, 8 / draws);
        expect(Math.abs(ours - share), `share ${bin} of ${name}`).toBeLessThanOrEqual(limit);
      }
    }
  });
});
