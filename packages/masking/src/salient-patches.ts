import { SceneError } from '@ssl-scene/errors';
import { type Tensor, tf } from '@ssl-scene/tensors';
import { areaAverage } from './area-average.ts';
import { badOption, checkCount, checkNumber } from './check-option.ts';

/**
 * Which places are salient: those whose saliency is at most `relax` standard deviations below the map's mean, or those
 * that reach a fixed `threshold` (right for maps whose values mean something, such as masks of objects).
 */
export type ForegroundRule = { readonly relax: number } | { readonly threshold: number };

export interface SalientPlaceOptions {
  /** Default: `{ relax: 0.6 }`, the rule of SCDA relaxed as in saliency-guided masking. */
  readonly rule?: ForegroundRule;
  /**
   * The released code's fault: the salient places of each row are moved to the row's right end, since it sorts the rows of
   * the map that it compares. Default: false.
   */
  readonly rowSortBug?: boolean;
}

export interface SalientPatchOptions extends SalientPlaceOptions {
  /** Patches per side. Default: 7. */
  readonly grid?: number;
}

/**
 * The salient patches of images (Chin et al., WACV 2024).
 *
 * @param saliency maps (N, h, w) of any size and finite range, or features (N, h, w, C), whose channels are summed up. Averaged
 *   by area to the grid.
 * @returns (N, grid, grid): 1 for salient patches, 0 for the others.
 */
export function salientPatches(saliency: Tensor, options: SalientPatchOptions = {}): Tensor {
  const { grid = 7 } = options;
  checkCount('salientPatches', 'grid', grid);
  return salientPlaces(areaAverage(toMaps(saliency), [grid, grid]), options);
}

/**
 * The salient places of maps, by a relaxed form of the rule of SCDA (Wei et al. 2017). A map without any difference is salient
 * everywhere under `relax`.
 *
 * @param maps (N, h, w), finite. @returns the same shape: 1 for salient places, 0 for the others.
 */
export function salientPlaces(maps: Tensor, options: SalientPlaceOptions = {}): Tensor {
  const { rule = { relax: 0.6 }, rowSortBug = false } = options;
  checkRule(rule);
  const salient = 'relax' in rule ? aboveRelaxedMean(maps, rule.relax) : tf.greaterEqual(maps, rule.threshold);
  const places = tf.cast(salient, 'float32');
  return rowSortBug ? movedRight(places) : places;
}

/** Throws unless the rule is one of the two. */
export function checkRule(rule: ForegroundRule): void {
  if ('relax' in rule) checkNumber('salientPatches', 'rule.relax', rule.relax, [0, Number.POSITIVE_INFINITY]);
  else if (!Number.isFinite(rule.threshold))
    throw badOption('salientPatches', 'rule', '{ relax } or { threshold }', rule);
}

function toMaps(saliency: Tensor): Tensor {
  if (saliency.rank === 3) return saliency;
  if (saliency.rank === 4) return tf.sum(saliency, 3);
  throw new SceneError({
    code: 'SALIENCY_SHAPE',
    expected: 'maps (N, h, w) or features (N, h, w, C)',
    found: `shape [${saliency.shape.join(', ')}]`,
    where: 'salientPatches',
    fix: "Give one map for each image, or a stage's output before global pooling.",
  });
}

function aboveRelaxedMean(maps: Tensor, relax: number): Tensor {
  // Stretched to [0, 1] first: a constant map becomes exactly 0, and squares of large or tiny values stay in range.
  const least = tf.min(maps, [1, 2], true);
  const stretched = tf.divNoNan(tf.sub(maps, least), tf.sub(tf.max(maps, [1, 2], true), least));
  const difference = tf.sub(stretched, tf.mean(stretched, [1, 2], true));
  const deviation = tf.sqrt(tf.mean(tf.square(difference), [1, 2], true));
  return tf.greaterEqual(difference, tf.mul(deviation, -relax));
}

function movedRight(places: Tensor): Tensor {
  const columns = places.shape[2]!;
  const inRow = tf.sum(places, 2, true);
  const fromRight = tf.tensor3d(
    Float32Array.from({ length: columns }, (_, column) => columns - column),
    [1, 1, columns],
  );
  return tf.cast(tf.lessEqual(fromRight, inRow), 'float32');
}
