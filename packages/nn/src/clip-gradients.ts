import { type Tensor, type TensorDict, tf } from '@ssl-scene/tensors';

/** Euclidean length of all tensors together, a scalar; 0 for none. */
export function jointNorm(tensors: TensorDict): Tensor {
  const squares = Object.values(tensors).map(squaredNorm);
  return squares.length === 0 ? tf.scalar(0) : tf.sqrt(tf.addN(squares));
}

/** All gradients times one factor, at most 1, so that their joint Euclidean norm is at most `limit`. */
export function clipByJointNorm(grads: TensorDict, limit: number): Record<string, Tensor> {
  const factor = shrinking(jointNorm(grads), limit);
  return mapValues(grads, (gradient) => tf.mul(gradient, factor));
}

/** Every gradient for itself is shortened to the Euclidean norm `limit` where it is longer, as DINO's code does. */
export function clipEachByNorm(grads: TensorDict, limit: number): Record<string, Tensor> {
  return mapValues(grads, (gradient) => tf.mul(gradient, shrinking(tf.sqrt(squaredNorm(gradient)), limit)));
}

function shrinking(size: Tensor, limit: number): Tensor {
  return tf.div(limit, tf.maximum(size, limit));
}

function squaredNorm(tensor: Tensor): Tensor {
  return tf.sum(tf.square(tensor));
}

function mapValues(tensors: TensorDict, map: (tensor: Tensor) => Tensor): Record<string, Tensor> {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, map(tensor)]));
}
