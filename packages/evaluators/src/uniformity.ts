import { SceneError } from '@ssl-scene/errors';
import { type Features, rowLengths, rowsOf } from './features.ts';

export interface UniformityOptions {
  /** Sharpness of the kernel. Default 2. */
  readonly t?: number;
}

export interface AlignmentOptions {
  /** Exponent of the distance. Default 2. */
  readonly alpha?: number;
}

/**
 * Uniformity (Wang and Isola, 2020): log of the mean of exp(-t·|x - y|²) over all pairs of rows at length 1; 0 where all are
 * equal, the lower the more evenly they spread over the sphere. NaN for a single row. Takes rows² · dimension / 2
 * multiplications.
 *
 * @param features rows × dimension.
 */
export function uniformity(features: Features, dimension: number, { t = 2 }: UniformityOptions = {}): number {
  const unit = unitRows(features, dimension, 'uniformity');
  const rows = unit.length / dimension;
  let sum = 0;
  for (let i = 0; i < rows; i++) {
    for (let j = i + 1; j < rows; j++) sum += Math.exp(-t * squaredDistance(unit, i, unit, j, dimension));
  }
  return Math.log(sum / ((rows * (rows - 1)) / 2));
}

/**
 * Alignment (Wang and Isola, 2020): mean of |a_i - b_i|^α over pairs of rows at length 1; 0 where both views are equal.
 *
 * @param a rows × dimension. @param b rows × dimension, row i shows the same image as row i of `a`.
 */
export function alignment(a: Features, b: Features, dimension: number, { alpha = 2 }: AlignmentOptions = {}): number {
  const [unitA, unitB] = [unitRows(a, dimension, 'alignment, a'), unitRows(b, dimension, 'alignment, b')];
  if (unitA.length !== unitB.length) {
    throw new SceneError({
      code: 'FEATURE_SHAPE',
      expected: 'as many rows in b as in a',
      found: `${unitA.length / dimension} and ${unitB.length / dimension} rows`,
      where: 'alignment',
      fix: 'Pass the two views of the same images.',
    });
  }
  const rows = unitA.length / dimension;
  let sum = 0;
  for (let row = 0; row < rows; row++) sum += squaredDistance(unitA, row, unitB, row, dimension) ** (alpha / 2);
  return sum / rows;
}

/** Rows at length 1; a row of zeros stays. */
export function unitRows(features: Features, dimension: number, where: string): Float64Array {
  const lengths = rowLengths(features, rowsOf(features, dimension, where), dimension);
  return Float64Array.from(features as ArrayLike<number>, (value, i) => value / lengths[Math.floor(i / dimension)]!);
}

function squaredDistance(a: Float64Array, i: number, b: Float64Array, j: number, dimension: number): number {
  let sum = 0;
  for (let d = 0; d < dimension; d++) sum += (a[i * dimension + d]! - b[j * dimension + d]!) ** 2;
  return sum;
}
