import { SceneError } from '@ssl-scene/errors';
import { l2Normalize, logSumExp, softmax, type Tensor, tf, untaped } from '@ssl-scene/tensors';
import { checkAbove, checkSameShape } from './checks.ts';
import { type PairLoss, pairLoss } from './pair-loss.ts';
import { meanOfHalves, products, rowProducts, withoutDiagonals } from './similarity.ts';

export interface DclOptions {
  /** τ, by which cosines are divided. Above 0. Default 0.1. */
  readonly temperature?: number;
}

export interface DclwOptions extends DclOptions {
  /** σ of the positives' weights. Above 0. Default 0.5. */
  readonly sigma?: number;
}

/**
 * Decoupled contrastive loss (Yeh et al., 2022): NT-Xent without the positive in the denominator, which leaves 2N - 2 terms.
 * May be negative.
 *
 * @param a (N, D). @param b (N, D), N at least 2. Rows are normalised inside.
 */
export function dcl(a: Tensor, b: Tensor, options: DclOptions = {}): PairLoss {
  return decoupled('dcl', a, b, options.temperature ?? 0.1, undefined);
}

/**
 * {@link dcl} with weighted positives: w_i = 2 - N · softmax_i(cos(a_i, b_i) / σ), so that views that differ most pull
 * hardest. Weights carry no gradient.
 */
export function dclw(a: Tensor, b: Tensor, options: DclwOptions = {}): PairLoss {
  const { temperature = 0.1, sigma = 0.5 } = options;
  checkAbove('dclw', 'sigma', sigma);
  return decoupled('dclw', a, b, temperature, sigma);
}

function decoupled(where: string, a: Tensor, b: Tensor, temperature: number, sigma: number | undefined): PairLoss {
  checkSameShape(where, { a, b });
  checkAbove(where, 'temperature', temperature);
  const pairs = a.shape[0]!;
  if (pairs < 2) {
    throw new SceneError({
      code: 'BATCH_TOO_SMALL',
      expected: 'at least two images',
      found: `${pairs}`,
      where,
      fix: 'One image has no negatives; use a larger batch.',
    });
  }
  const [unitA, unitB] = [l2Normalize(a), l2Normalize(b)];
  const unit = tf.concat([unitA, unitB], 0);
  // With period N both the view itself and its partner are left out.
  const logits = tf.add(tf.div(products(unit, unit), temperature), withoutDiagonals(2 * pairs, 2 * pairs, pairs));
  const cosines = rowProducts(unitA, unitB);
  const weighted = sigma === undefined ? cosines : tf.mul(cosines, positiveWeights(cosines, sigma));
  return pairLoss(tf.sub(meanOfHalves(logSumExp(logits)), tf.div(weighted, temperature)));
}

function positiveWeights(cosines: Tensor, sigma: number): Tensor {
  return untaped(() => tf.sub(2, tf.mul(softmax(tf.div(cosines, sigma)), cosines.size)));
}
