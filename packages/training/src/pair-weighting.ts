import {
  type PairScoreMode,
  type PairScoreOptions,
  type PairWeightOptions,
  pairScore,
  pairWeights,
  type WeightNormalisation,
} from '@ssl-scene/cropping';
import { SceneError } from '@ssl-scene/errors';
import type { PairSpec } from '@ssl-scene/frameworks';
import { type TensorDict, tf } from '@ssl-scene/tensors';
import type { Batch } from '@ssl-scene/views';
import type { ResolvedMasking } from './masking-options.ts';
import { pairName } from './step-inputs.ts';

/**
 * How much each pair of an image counts in the loss, by how salient its crops are: part of the SGCL-style reconstruction
 * (`@ssl-scene/cropping`), not a published formula. Without regions that are in use yet all weights are exactly 1.
 */
export interface PairWeightingOptions {
  /** How the scores of two crops become that of their pair. Default `geometric`. */
  readonly score?: PairScoreMode;
  /** No pair scores less. Default 0.05. */
  readonly eps?: number;
  /** Scores are taken to this power; 0 makes all weights 1. Default 1. */
  readonly power?: number;
  /**
   * Among which pairs weight is moved: those of an `image`, those of the `batch` (each of a step's batches for itself), or
   * `none`, where weights are the scores. Default: `image` from two weighted pairs on, otherwise `batch`.
   */
  readonly normalise?: WeightNormalisation;
  /** Roles whose pairs keep weight 1. Default: none. */
  readonly unweighted?: readonly string[];
  /** Cells of the enlarged heat map for each of its places, along either side; equal to a crop's `grid`, it is made once. Default 8. */
  readonly grid?: number;
}

/** What weights are made for. */
export interface WeightedPairs {
  readonly pairs: readonly PairSpec[];
  /** A masked view counts as the view that it is made of. */
  readonly masking?: Pick<ResolvedMasking, 'masker'>;
}

/** The weights of a batch's pairs as tensors (N), by {@link pairName}. */
export function uploadPairWeights(
  batch: Pick<Batch, 'scores' | 'size'>,
  weighted: WeightedPairs,
  options: PairWeightingOptions,
): TensorDict {
  const { pairs } = weighted;
  const weights = pairWeights(scoresOf(batch, weighted, options), weightOptions(pairs, options));
  const entries = pairs.map((pair, number) => {
    const values = Float32Array.from({ length: batch.size }, (_, row) => weights[row * pairs.length + number]!);
    return [pairName(pair), tf.tensor1d(values)] as const;
  });
  return Object.fromEntries(entries);
}

/** Throws for values that cannot work, roles that no pair has, and weighting without regions. */
export function checkPairWeighting(
  options: PairWeightingOptions,
  { pairs, heatMaps }: { readonly pairs: readonly PairSpec[]; readonly heatMaps: boolean },
): void {
  const { eps = 0.05, power = 1, unweighted = [] } = options;
  const { score: mode = 'geometric' } = options;
  if (!heatMaps)
    throw badOption('', 'regions with heat maps, which crops are scored by', 'none', 'Set regions.heatMaps.');
  if (!(eps > 0 && eps <= 1)) throw badOption('.eps', 'a number above 0, at most 1', String(eps), CORRECT);
  if (!(power >= 0 && power < Number.POSITIVE_INFINITY))
    throw badOption('.power', 'a number from 0', String(power), CORRECT);
  const roles = pairs.map(({ role }) => role);
  const unknown = unweighted.find((role) => !roles.includes(role));
  if (unknown !== undefined) throw badOption('.unweighted', roles.join(', '), JSON.stringify(unknown), CORRECT);
  // These two check what they are given.
  pairScore(1, 1, { mode });
  pairWeights(new Float64Array(pairs.length).fill(1), weightOptions(pairs, options));
}

const CORRECT = 'Correct the value.';

/** Pair after pair, image after image. */
function scoresOf(
  { scores, size }: Pick<Batch, 'scores' | 'size'>,
  { pairs, masking }: WeightedPairs,
  { score: mode = 'geometric', eps = 0.05 }: PairWeightingOptions,
): Float64Array {
  const rule: PairScoreOptions = { mode, eps };
  const viewOf = (name: string): string => masking?.masker.plan[name]?.from ?? name;
  const result = new Float64Array(size * pairs.length);
  for (const [number, { a, b }] of pairs.entries()) {
    const [first, second] = [scores![viewOf(a)]!, scores![viewOf(b)]!];
    for (let row = 0; row < size; row++) {
      result[row * pairs.length + number] = pairScore(first[row]!, second[row]!, rule);
    }
  }
  return result;
}

function weightOptions(
  pairs: readonly PairSpec[],
  { normalise, power, unweighted = [] }: PairWeightingOptions,
): PairWeightOptions {
  const isLeft = pairs.map(({ role }) => unweighted.includes(role));
  const count = isLeft.filter((left) => !left).length;
  return {
    pairs: pairs.length,
    normalise: normalise ?? (count > 1 ? 'image' : 'batch'),
    unweighted: pairs.flatMap((_, number) => (isLeft[number] ? [number] : [])),
    factors: pairs.map(({ factor = 1 }) => factor),
    ...(power !== undefined && { power }),
  };
}

function badOption(name: string, expected: string, found: string, fix: string): SceneError {
  return new SceneError({ code: 'BAD_OPTION', where: `weighting${name}`, expected, found, fix });
}
