import { l2Normalize, logSumExp, type Tensor, tf } from '@ssl-scene/tensors';
import { checkAbove, checkSameShape } from './checks.ts';
import { type PairLoss, pairLoss } from './pair-loss.ts';
import { meanOfHalves, products, rowProducts, withoutDiagonals } from './similarity.ts';

export interface NtXentOptions {
  /** τ, by which cosines are divided. Above 0; no default, since papers range from 0.1 to 0.5. */
  readonly temperature: number;
  /**
   * Multiplies loss and gradient by temperature / baseTemperature, as SupContrast and ContrastiveCrop do with 0.07;
   * their learning rates presume it. Default: no such factor.
   */
  readonly baseTemperature?: number;
}

/**
 * NT-Xent, the loss of SimCLR (Chen et al., 2020): of 2N views, each must pick out its partner among the 2N - 1 others.
 *
 * l(row) = log Σ_{j ≠ row} exp(cos(row, j) / τ) - cos(row, partner) / τ, the partner being one of the 2N - 1 terms; the
 * loss of image i is the mean over its two rows. (The official code returns the sum of the two, twice this value.)
 * Computed in log space: finite for any τ. A zero row has cosine 0 with all others, and a finite gradient.
 *
 * @param a (N, D), any length: rows are normalised inside. @param b (N, D), row i shows the same image as row i of `a`.
 */
export function ntXent(a: Tensor, b: Tensor, options: NtXentOptions): PairLoss {
  const { temperature, baseTemperature = temperature } = options;
  checkSameShape('ntXent', { a, b });
  checkAbove('ntXent', 'temperature', temperature);
  checkAbove('ntXent', 'baseTemperature', baseTemperature);
  const pairs = a.shape[0]!;
  const views = 2 * pairs;
  const unit = l2Normalize(tf.concat([a, b], 0));
  const logits = tf.add(tf.div(products(unit, unit), temperature), withoutDiagonals(views, views, views));
  const [unitA, unitB] = tf.split(unit, 2, 0) as [Tensor, Tensor];
  const positive = tf.div(rowProducts(unitA, unitB), temperature);
  const perSample = tf.sub(meanOfHalves(logSumExp(logits)), positive);
  return pairLoss(baseTemperature === temperature ? perSample : tf.mul(perSample, temperature / baseTemperature));
}
