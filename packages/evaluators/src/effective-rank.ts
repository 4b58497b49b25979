import { type Features, rowsOf } from './features.ts';
import { singularValues } from './singular-values.ts';

export interface RankMeOptions {
  /** Added to every share of the singular values, which are not normalised again. Default 1e-7, the paper's. */
  readonly epsilon?: number;
}

/**
 * RankMe (Garrido et al., 2023): exp of the entropy of the singular values' shares; how many dimensions the features
 * fill. Features are neither centred nor normalised. A matrix of zeros gives a value near 1. Takes about rows · dimension²
 * multiplications; a few thousand rows say as much as all.
 *
 * @param features rows × dimension.
 */
export function rankMe(features: Features, dimension: number, { epsilon = 1e-7 }: RankMeOptions = {}): number {
  return Math.exp(entropy(singularShares(features, dimension, 'rankMe').map((share) => share + epsilon)));
}

/**
 * Effective rank (Roy and Vetterli, 2007): {@link rankMe} without an epsilon. NaN for a matrix of zeros, which has no shares.
 */
export function effectiveRank(features: Features, dimension: number): number {
  const shares = singularShares(features, dimension, 'effectiveRank').filter((share) => share > 1e-15);
  return shares.length > 0 ? Math.exp(entropy(shares)) : Number.NaN;
}

function singularShares(features: Features, dimension: number, where: string): Float64Array {
  const values = singularValues(features, rowsOf(features, dimension, where), dimension);
  const total = values.reduce((sum, value) => sum + value, 0);
  return total > 0 ? values.map((value) => value / total) : values;
}

/** -Σ p ln p. */
const entropy = (shares: Float64Array): number => shares.reduce((sum, share) => sum - share * Math.log(share), 0);
