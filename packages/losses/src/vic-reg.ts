import { SceneError } from '@ssl-scene/errors';
import { type Tensor, tf } from '@ssl-scene/tensors';
import { checkAbove, checkAtLeast, checkSameShape } from './checks.ts';
import { type PairLoss, pairLoss } from './pair-loss.ts';
import { products } from './similarity.ts';

export interface VicRegOptions {
  /** Weight of the invariance term. Default 25. */
  readonly lambda?: number;
  /** Weight of the variance term. Default 25. */
  readonly mu?: number;
  /** Weight of the covariance term. Default 1. */
  readonly nu?: number;
  /** Added to each variance before its root. Above 0. Default 1e-4. */
  readonly epsilon?: number;
}

/** The loss, λ · invariance + μ · variance + ν · covariance, and its three terms, scalars, before their weights. */
export interface VicRegLoss extends PairLoss {
  /** (N): each image's own part of the invariance, and the two terms of the batch, which are the same for all. */
  readonly perSample: Tensor;
  /** Mean squared difference of the views. */
  readonly invariance: Tensor;
  /** How far deviations fall short of 1: mean over dimensions, half of each view. */
  readonly variance: Tensor;
  /** Sum of the squared covariances of different dimensions, per dimension, of both views. */
  readonly covariance: Tensor;
}

/**
 * VICReg (Bardes et al., 2022): views agree, every dimension varies over the batch, dimensions do not repeat each other.
 * Variances and covariances divide by N - 1. They are of the batch; only the invariance differs from image to image.
 *
 * @param a (N, D). @param b (N, D), N at least 2.
 */
export function vicReg(a: Tensor, b: Tensor, options: VicRegOptions = {}): VicRegLoss {
  const { lambda = 25, mu = 25, nu = 1, epsilon = 1e-4 } = options;
  checkSameShape('vicReg', { a, b });
  for (const [name, weight] of Object.entries({ lambda, mu, nu })) checkAtLeast('vicReg', name, weight);
  checkAbove('vicReg', 'epsilon', epsilon);
  if (a.shape[0]! < 2) {
    throw new SceneError({
      code: 'BATCH_TOO_SMALL',
      expected: 'at least two images',
      found: `${a.shape[0]}`,
      where: 'vicReg',
      fix: 'One image has no variance; use a larger batch.',
    });
  }
  const distances = tf.mean(tf.square(tf.sub(a, b)), 1);
  const [first, second] = [spread(a, epsilon), spread(b, epsilon)];
  const variance = tf.mul(tf.add(first.shortfall, second.shortfall), 0.5);
  const covariance = tf.add(first.covariance, second.covariance);
  const perSample = tf.add(tf.mul(distances, lambda), tf.add(tf.mul(variance, mu), tf.mul(covariance, nu)));
  return { ...pairLoss(perSample), invariance: tf.mean(distances), variance, covariance };
}

function spread(x: Tensor, epsilon: number): { shortfall: Tensor; covariance: Tensor } {
  const [count, dimensions] = x.shape as [number, number];
  const centred = tf.sub(x, tf.mean(x, 0));
  const variances = tf.div(tf.sum(tf.square(centred), 0), count - 1);
  const shortfall = tf.mean(tf.relu(tf.sub(1, tf.sqrt(tf.add(variances, epsilon)))));
  const turned = tf.transpose(centred);
  const covariances = tf.div(products(turned, turned), count - 1);
  const offDiagonal = tf.sub(tf.sum(tf.square(covariances)), tf.sum(tf.square(variances)));
  return { shortfall, covariance: tf.div(offDiagonal, dimensions) };
}
