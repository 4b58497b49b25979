import { type Tensor, tf } from '@ssl-scene/tensors';

export const matrix = (rows: number[][]): Tensor => tf.tensor2d(rows, [rows.length, rows[0]?.length ?? 0]);

/** A matrix as nested arrays. */
export const nested = (tensor: Tensor): number[][] => tensor.arraySync() as number[][];

/** Numbers from -1.5 to 1.5, the same for the same seed, exact in float32. */
export function randomMatrix(rows: number, columns: number, seed: number): number[][] {
  let state = Math.imul(seed, 0x9e3779b1) >>> 0;
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.fround((state / 2 ** 32 - 0.5) * 3);
  };
  return Array.from({ length: rows }, () => Array.from({ length: columns }, next));
}

/** Gradients of a scalar function of matrices. */
export function gradients(fn: (...inputs: Tensor[]) => Tensor, inputs: number[][][]): number[][][] {
  const grads = tf.grads((...args: Tensor[]) => fn(...args) as tf.Scalar)(inputs.map(matrix));
  return grads.map(nested);
}
