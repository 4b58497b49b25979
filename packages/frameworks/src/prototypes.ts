import { defaultWeight, type ParameterSpec } from '@ssl-scene/nn';
import { type Tensor, tf } from '@ssl-scene/tensors';

/** The one name that prototypes have: a linear layer without bias, as PyTorch would save it. */
export const PROTOTYPES = 'prototypes.weight';

/** Prototypes as the columns of a matrix (dimension, count). */
export function prototypeSpec(dimension: number, count: number, prefix = ''): ParameterSpec {
  return {
    name: prefix + PROTOTYPES,
    shape: [dimension, count],
    kind: 'linear-weight',
    initialise: defaultWeight,
  };
}

/** Square of the shortest length that counts as one. */
const SHORTEST = 1e-24;

/** Columns at length 1. */
export function unitColumns(weight: Tensor): Tensor {
  // `l2Normalize` wants rows, and turning tens of thousands of columns round costs more than what it computes.
  const squares = tf.sum(tf.square(weight), 0, true);
  return tf.mul(weight, tf.rsqrt(tf.maximum(squares, SHORTEST)));
}

/** Scores (N, K) of embeddings (N, D) against prototypes (D, K). */
export function scoresOf(embeddings: Tensor, weight: Tensor): Tensor {
  return tf.matMul(embeddings as tf.Tensor2D, weight as tf.Tensor2D);
}
