import { SceneError } from '@ssl-scene/errors';
import { l2Normalize, type Tensor, tf, untaped } from '@ssl-scene/tensors';
import { checkAtLeast, checkSameShape } from './checks.ts';
import { type PairLoss, pairLoss } from './pair-loss.ts';
import { products, rowProducts } from './similarity.ts';

export interface TicoOptions {
  /** β, the share of the old covariance in the new one, from 0 to 1. Default 0.9. */
  readonly beta?: number;
  /** ρ, the weight of the covariance term. At least 0. Default 8. */
  readonly rho?: number;
}

export interface TicoLoss extends PairLoss {
  /** (D, D): state for the next step. */
  readonly covariance: Tensor;
}

/**
 * TiCo (Zhu et al., 2022): 1 - cos(a_i, b_i) + ρ · aᵢᵀ C aᵢ with C ← β·C + (1 - β)·aᵀa/N, updated before its use in the same
 * step and without gradient.
 *
 * @param a (N, D). @param b (N, D). Rows are normalised inside. @param covariance (D, D), zeros at the start.
 */
export function tico(a: Tensor, b: Tensor, covariance: Tensor, options: TicoOptions = {}): TicoLoss {
  const { beta = 0.9, rho = 8 } = options;
  checkSameShape('tico', { a, b });
  checkAtLeast('tico', 'rho', rho);
  const [count, dimension] = a.shape as [number, number];
  if (covariance.shape.join() !== `${dimension},${dimension}` || !(beta >= 0 && beta <= 1)) {
    throw new SceneError({
      code: 'TICO_INPUT',
      expected: `a covariance (${dimension}, ${dimension}) and beta from 0 to 1`,
      found: `[${covariance.shape.join(', ')}] and ${beta}`,
      where: 'tico',
      fix: 'Start from zeros and hand the returned covariance to the next step.',
    });
  }
  const [unitA, unitB] = [l2Normalize(a), l2Normalize(b)];
  const next = untaped(() => {
    const turned = tf.transpose(unitA);
    return tf.add(tf.mul(covariance, beta), tf.mul(products(turned, turned), (1 - beta) / count));
  });
  const spread = rowProducts(tf.matMul(unitA as tf.Tensor2D, next as tf.Tensor2D), unitA);
  const perSample = tf.add(tf.sub(1, rowProducts(unitA, unitB)), tf.mul(spread, rho));
  return { ...pairLoss(perSample), covariance: next };
}
