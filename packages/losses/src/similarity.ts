import { type Tensor, tf } from '@ssl-scene/tensors';

/** Far below any logit, and finite, so that no ∞ - ∞ arises; its exponential is 0 beside any other term. */
const NEVER = -1e30;

/** Inner products of every row of `a` (N, D) with every row of `b` (M, D): (N, M). */
export function products(a: Tensor, b: Tensor): Tensor {
  return tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D, false, true);
}

/** Inner products of equal rows: (N). */
export function rowProducts(a: Tensor, b: Tensor): Tensor {
  return tf.sum(tf.mul(a, b), -1);
}

/**
 * A matrix that removes entries from a log-sum-exp when it is added to the logits: {@link NEVER} where the column's
 * number equals the row's modulo `period`, 0 elsewhere.
 */
export function withoutDiagonals(rows: number, columns: number, period: number): Tensor {
  const mask = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let column = row % period; column < columns; column += period) mask[row * columns + column] = NEVER;
  }
  return tf.tensor2d(mask, [rows, columns]);
}

/** Mean of the two halves of a vector (2N): (N). */
export function meanOfHalves(rows: Tensor): Tensor {
  return tf.mean(tf.reshape(rows, [2, rows.size / 2]), 0);
}

/** Puts vectors (N) side by side: (N, number of vectors). */
export function columns(...vectors: readonly Tensor[]): Tensor {
  return tf.stack(vectors as Tensor[], 1);
}

/** Rows of a matrix (K, D) by their numbers (N), int32: (N, D). Has no gradient. */
export function rowsAt(rows: Tensor, numbers: Tensor): Tensor {
  // `gather` reads the numbers to check them, which a function that is being recorded may not do; `gatherND` doesn't.
  return tf.gatherND(rows, tf.reshape(numbers, [-1, 1]));
}
