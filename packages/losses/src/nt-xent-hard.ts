import { l2Normalize, logSumExp, type Tensor, tf } from '@ssl-scene/tensors';
import { checkAbove, checkAtLeast, checkSameShape } from './checks.ts';
import { type PairLoss, pairLoss } from './pair-loss.ts';
import { columns, meanOfHalves, products, rowProducts, withoutDiagonals } from './similarity.ts';

export interface NtXentHardOptions {
  /** τ, by which cosines are divided. Above 0. */
  readonly temperature: number;
  /** ρ multiplies the cosine with the hard negative inside the exponential. At least 0. Default 2. */
  readonly rho?: number;
}

/**
 * NT-Xent with one hard negative per image: both rows of image i have the further term exp(ρ · cos(row, v_i) / τ) in their
 * denominator (the SimCLR variant of saliency-guided masking).
 *
 * @param a (N, D). @param b (N, D). @param hard (N, D), row i is the hard negative of image i. Rows are normalised inside.
 */
export function ntXentHard(a: Tensor, b: Tensor, hard: Tensor, options: NtXentHardOptions): PairLoss {
  const { temperature, rho = 2 } = options;
  checkSameShape('ntXentHard', { a, b, hard });
  checkAbove('ntXentHard', 'temperature', temperature);
  checkAtLeast('ntXentHard', 'rho', rho);
  const views = 2 * a.shape[0]!;
  const [unitA, unitB, unitHard] = [l2Normalize(a), l2Normalize(b), l2Normalize(hard)];
  const unit = tf.concat([unitA, unitB], 0);
  const logits = tf.add(tf.div(products(unit, unit), temperature), withoutDiagonals(views, views, views));
  const hardTerm = tf.mul(rowProducts(unit, tf.concat([unitHard, unitHard], 0)), rho / temperature);
  const denominator = logSumExp(columns(logSumExp(logits), hardTerm));
  return pairLoss(tf.sub(meanOfHalves(denominator), tf.div(rowProducts(unitA, unitB), temperature)));
}
