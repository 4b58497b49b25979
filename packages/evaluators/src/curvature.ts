import { tf } from '@ssl-scene/tensors';
import { choleskyFactor, solveLower, solveLowerTransposed } from './cholesky.ts';
import type { Features } from './features.ts';
import { readTensors } from './read-tensors.ts';

/** Logistic regressions on the same features, each with a weight row and an intercept. */
export interface CurvatureProblem {
  /** rows × dimension */
  readonly features: Features;
  readonly dimension: number;
  /** λ of ½·λ·‖W‖². */
  readonly l2: number;
  /** For each weight row, the share of the rows that are positive; above 0, below 1. */
  readonly shares: readonly number[];
  /** Whether float32 products are too coarse. */
  readonly exact: boolean;
}

/**
 * Multiplies a gradient by an estimate of the inverse Hessian, so that the first step of a fit is nearly Newton's. The
 * Hessian of weight row k is estimated by π(1 - π)·mean(x̂x̂ᵀ) + (λ / rows)·I, with π its share of positive rows and x̂ = (x, 1): what
 * it is while every row has the probability π. Rows of similar π share a factorisation. `undefined` where the features are so
 * badly conditioned that there is none.
 */
export function inverseCurvature(problem: CurvatureProblem): ((gradient: Float64Array) => Float64Array) | undefined {
  const { features, dimension, l2, shares } = problem;
  const size = dimension + 1;
  const rows = features.length / dimension;
  const moments = secondMoments(problem);
  const levels = shares.map((share) => Math.round(Math.log(share * (1 - share)) / Math.log(4)));
  const factors = new Map<number, Float64Array>();
  for (const level of new Set(levels)) {
    const matrix = moments.map((value) => value * 4 ** level);
    for (let i = 0; i < dimension; i++) matrix[i * size + i]! += l2 / rows;
    const factor = choleskyFactor(matrix, size);
    if (!factor) return undefined;
    factors.set(level, factor);
  }
  return (gradient) => {
    const result = new Float64Array(gradient.length);
    levels.forEach((level, row) => {
      const part = new Float64Array(size);
      part.set(gradient.subarray(row * dimension, (row + 1) * dimension));
      part[dimension] = gradient[shares.length * dimension + row]!;
      const factor = factors.get(level)!;
      const solved = solveLowerTransposed(factor, solveLower(factor, part));
      result.set(solved.subarray(0, dimension), row * dimension);
      result[shares.length * dimension + row] = solved[dimension]!;
    });
    return result;
  };
}

/** Mean of x̂x̂ᵀ over the rows, (dimension + 1)². */
function secondMoments({ features, dimension, exact }: CurvatureProblem): Float64Array {
  const [size, rows] = [dimension + 1, features.length / dimension];
  const { products, sums } = exact ? exactSums(features, dimension) : productSums(features as Float32Array, dimension);
  const moments = new Float64Array(size * size);
  for (let i = 0; i < dimension; i++) {
    for (let j = 0; j < dimension; j++) moments[i * size + j] = products[i * dimension + j]! / rows;
    moments[dimension * size + i] = sums[i]! / rows;
  }
  moments[dimension * size + dimension] = 1;
  return moments;
}

/** Σ xxᵀ, of which the lower triangle, and Σ x. */
interface Sums {
  readonly products: ArrayLike<number>;
  readonly sums: ArrayLike<number>;
}

function exactSums(features: Features, dimension: number): Sums {
  const [products, sums] = [new Float64Array(dimension * dimension), new Float64Array(dimension)];
  for (let start = 0; start < features.length; start += dimension) {
    for (let i = 0; i < dimension; i++) {
      const here = features[start + i]!;
      sums[i]! += here;
      for (let j = 0; j <= i; j++) products[i * dimension + j]! += here * features[start + j]!;
    }
  }
  return { products, sums };
}

function productSums(features: Float32Array, dimension: number): Sums {
  const [products, sums] = readTensors(() => {
    const x = tf.tensor2d(features, [features.length / dimension, dimension]);
    return [tf.matMul(x, x, true, false), tf.sum(x, 0)];
  });
  return { products: products!, sums: sums! };
}
