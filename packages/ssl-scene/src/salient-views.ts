import type { CropSpec } from '@ssl-scene/cropping';
import type { PairSpec } from '@ssl-scene/frameworks';
import type { PairWeightingOptions } from '@ssl-scene/training';
import type { ViewSpec } from '@ssl-scene/views';
import type { Config } from './config/config.ts';

/** Role of the pairs of salient views: what frameworks keep per role, such as queues, is not shared with the large views. */
export const SALIENT = 'salient';

type Views = Config['views'];

/** The views of the pairs that are added around salient parts, two for each pair. */
export function salientViews(views: Views): ViewSpec[] {
  const { salient, second } = views;
  if (!salient) return [];
  const { size, crop } = salient;
  const augmentations = salient.augmentations ?? views.augmentations;
  const ofSecond = salient.augmentations ?? second?.augmentations ?? views.augmentations;
  return salientPairs(views).flatMap(({ a, b }, slot) => [
    { name: a, size, crop: inSlot(crop, slot), augmentations },
    { name: b, size, crop: inSlot(crop, slot), augmentations: ofSecond },
  ]);
}

/** Which of them are compared. */
export function salientPairs({ salient }: Pick<Views, 'salient'>): PairSpec[] {
  return Array.from({ length: salient?.count ?? 0 }, (_, slot) => ({
    role: SALIENT,
    a: `salient${slot}a`,
    b: `salient${slot}b`,
  }));
}

/** Roles of all pairs, for frameworks that keep something per role; nothing where the default holds. */
export function pairRoles({ salient }: Pick<Views, 'salient'>): { readonly roles?: readonly string[] } {
  return salient ? { roles: ['global', SALIENT] } : {};
}

/** Cells along either side of the enlarged map that crops are scored on, where no sampler enlarges it for itself. */
const SCORED_SIDE = 64;

/** How pairs are weighted by their crops; scores are made on the grid that crops are drawn on, where they are. */
export function weightingOptions({
  views,
  regions,
}: Pick<Config, 'views' | 'regions'>): PairWeightingOptions | undefined {
  if (!views.weighting) return undefined;
  const { global, ...options } = views.weighting;
  const crop = [views.salient?.crop, views.crop].find((candidate) => candidate && 'grid' in candidate);
  const grid = crop && 'grid' in crop ? crop.grid : regions?.mapSize && Math.ceil(SCORED_SIDE / regions.mapSize);
  return {
    ...options,
    ...(grid && { grid }),
    ...(!global && { unweighted: ['global'] }),
  };
}

/** Pairs with slots of their own look at different parts of an image. */
function inSlot(crop: CropSpec, slot: number): CropSpec {
  return crop.kind === 'saliency' ? { ...crop, slot } : crop;
}
