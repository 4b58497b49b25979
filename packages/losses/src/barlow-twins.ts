import { type Tensor, tf } from '@ssl-scene/tensors';
import { checkAbove, checkAtLeast, checkSameShape } from './checks.ts';
import { products } from './similarity.ts';

export interface BarlowTwinsOptions {
  /** λ, the weight of the off-diagonal terms. At least 0. Default 0.005. */
  readonly lambda?: number;
  /** Added to each variance, as batch norm does. Above 0. Default 1e-5. */
  readonly epsilon?: number;
}

/**
 * Barlow Twins (Zbontar et al., 2021): the cross-correlation C of the two views' dimensions becomes the identity,
 * Σ_i (C_ii - 1)² + λ · Σ_{i ≠ j} C_ij². Each view is standardised by its own mean and deviation over the batch, so moving or
 * scaling a view changes nothing. A loss of the batch: it has no value per image.
 *
 * @param a (N, D). @param b (N, D).
 */
export function barlowTwins(a: Tensor, b: Tensor, options: BarlowTwinsOptions = {}): { loss: Tensor } {
  const { lambda = 0.005, epsilon = 1e-5 } = options;
  checkSameShape('barlowTwins', { a, b });
  checkAtLeast('barlowTwins', 'lambda', lambda);
  checkAbove('barlowTwins', 'epsilon', epsilon);
  const [count] = a.shape as [number, number];
  const [x, y] = [standardised(a, epsilon), standardised(b, epsilon)];
  const correlation = tf.div(products(tf.transpose(x), tf.transpose(y)), count);
  const diagonal = tf.div(tf.sum(tf.mul(x, y), 0), count);
  const offDiagonal = tf.sub(tf.sum(tf.square(correlation)), tf.sum(tf.square(diagonal)));
  return { loss: tf.add(tf.sum(tf.square(tf.sub(diagonal, 1))), tf.mul(offDiagonal, lambda)) };
}

function standardised(x: Tensor, epsilon: number): Tensor {
  const centred = tf.sub(x, tf.mean(x, 0));
  return tf.mul(centred, tf.rsqrt(tf.add(tf.mean(tf.square(centred), 0), epsilon)));
}
