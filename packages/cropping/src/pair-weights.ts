import { closest, SceneError } from '@ssl-scene/errors';

/** How the scores of two crops become the score of their pair. */
export type PairScoreMode = 'geometric' | 'product' | 'mean' | 'min';

/** Among which pairs weight is moved: those of an image, those of the batch, or none (weights are the scores themselves). */
export type WeightNormalisation = 'image' | 'batch' | 'none';

export interface PairScoreOptions {
  /** Default: `geometric`, the root of the product. */
  readonly mode?: PairScoreMode;
  /** No pair scores less. Default: 0.05. */
  readonly eps?: number;
}

export interface PairWeightOptions {
  /** Pairs of each image. */
  readonly pairs: number;
  /** Default: `image` from 2 pairs on, `batch` for 1. */
  readonly normalise?: WeightNormalisation;
  /** Scores are taken to this power (b of the reconstruction); 0 makes all weights 1. Default: 1. */
  readonly power?: number;
  /** Numbers of pairs whose weight stays 1, such as that of the global views. Default: none. */
  readonly unweighted?: readonly number[];
  /** How much each pair counts for all images alike, positive: what stays constant is the sum of factor times weight. Default: 1. */
  readonly factors?: readonly number[];
}

const COMBINE: Readonly<Record<PairScoreMode, (a: number, b: number) => number>> = {
  geometric: (a, b) => Math.sqrt(a * b),
  product: (a, b) => a * b,
  mean: (a, b) => (a + b) / 2,
  min: Math.min,
};

const NORMALISATIONS: readonly WeightNormalisation[] = ['image', 'batch', 'none'];

/** The score of a pair of crops. Part of the SGCL-style reconstruction, not a published formula. */
export function pairScore(
  first: number,
  second: number,
  { mode = 'geometric', eps = 0.05 }: PairScoreOptions = {},
): number {
  if (!Object.hasOwn(COMBINE, mode)) throw unknown('pairScore, mode', mode, Object.keys(COMBINE));
  return Math.max(eps, COMBINE[mode](first, second));
}

/**
 * How much each pair of each image counts in the loss, by its score. With `image` every image keeps a total weight of its
 * number of pairs, and with `batch` the batch does, so that the mean weight is 1 and the learning rate means the same.
 * Scores of 1 throughout, as before the first refresh, give weights of exactly 1. Part of the SGCL-style reconstruction, not a published formula.
 *
 * @param scores positive, images × pairs, row by row
 * @returns weights in the same order
 * @throws BAD_VALUE
 */
export function pairWeights(scores: ArrayLike<number>, options: PairWeightOptions): Float64Array {
  const { pairs, normalise = pairs > 1 ? 'image' : 'batch', power = 1, unweighted = [], factors } = options;
  checkScores(scores, pairs);
  if (!NORMALISATIONS.includes(normalise)) throw unknown('pairWeights, normalise', normalise, NORMALISATIONS);
  // Of pairs whose weight stays 1 the share is 0: they take no part.
  const shares = Array.from({ length: pairs }, (_, pair) => (unweighted.includes(pair) ? 0 : (factors?.[pair] ?? 1)));
  const weights = Float64Array.from(scores, (score, place) => (shares[place % pairs]! > 0 ? score ** power : 1));
  if (normalise === 'none') return weights;
  const group = normalise === 'image' ? pairs : weights.length;
  for (let start = 0; start < weights.length; start += group) normaliseGroup(weights, start, group, shares);
  return weights;
}

/** Scales the weighted pairs of a group so that their mean is 1, each counting by its share. */
function normaliseGroup(weights: Float64Array, start: number, length: number, shares: readonly number[]): void {
  const shareOf = (place: number): number => shares[place % shares.length]!;
  let [sum, total] = [0, 0];
  for (let place = start; place < start + length; place++) {
    sum += shareOf(place) * weights[place]!;
    total += shareOf(place);
  }
  for (let place = start; place < start + length; place++) {
    if (shareOf(place) > 0) weights[place] = (total * weights[place]!) / sum;
  }
}

function checkScores(scores: ArrayLike<number>, pairs: number): void {
  if (!Number.isInteger(pairs) || pairs < 1 || scores.length % pairs !== 0) {
    throw badValue('pairs', 'a whole number that divides the number of scores', `${pairs}, ${scores.length} scores`);
  }
  for (let place = 0; place < scores.length; place++) {
    const score = scores[place]!;
    if (!(score > 0 && score < Number.POSITIVE_INFINITY)) {
      throw badValue('scores', 'positive scores', `${score} at place ${place}`);
    }
  }
}

function badValue(name: string, expected: string, found: string): SceneError {
  return new SceneError({
    code: 'BAD_VALUE',
    expected,
    found,
    where: `pairWeights, ${name}`,
    fix: 'Pass scores of pairScore, row by row.',
  });
}

function unknown(where: string, found: string, choices: readonly string[]): SceneError {
  const suggestion = closest(String(found), choices);
  return new SceneError({
    code: 'BAD_VALUE',
    expected: choices.join(', '),
    found: JSON.stringify(found),
    where,
    fix: suggestion === undefined ? 'Choose one of these.' : `Did you mean ${suggestion}?`,
  });
}
