import { l2Normalize, logSumExp, type Tensor, tf } from '@ssl-scene/tensors';
import { checkAbove, checkAtLeast, checkBank, checkSameShape } from './checks.ts';
import { type PairLoss, pairLoss } from './pair-loss.ts';
import { columns, products, rowProducts } from './similarity.ts';

export interface InfoNCEOptions {
  /** τ, by which cosines are divided. Above 0; MoCo v1 takes 0.07, v2 0.2. */
  readonly temperature: number;
  /** The queue's rows have length 1 already and need not be normalised. Default false. */
  readonly unitQueue?: boolean;
}

export interface InfoNCEHardOptions extends InfoNCEOptions {
  /** ρ multiplies the cosine with the hard negative inside the exponential. At least 0. Default 2. */
  readonly rho?: number;
  /** Whether the positive is one of the denominator's terms. Default true; false is the form of the paper's poster. */
  readonly positiveInDenominator?: boolean;
}

/**
 * InfoNCE against a queue of negatives, the loss of MoCo (He et al., 2020): each query must pick out its key among the
 * queue's rows.
 *
 * l_i = log(exp(cos(q_i, k_i) / τ) + Σ_n exp(cos(q_i, n) / τ)) - cos(q_i, k_i) / τ. Rows are normalised inside. Keys and
 * queue are used as given: compute them outside the differentiated function, as MoCo does, and no gradient reaches them.
 *
 * @param query (N, D). @param key (N, D). @param queue (K, D), K at least 1.
 */
export function infoNCE(query: Tensor, key: Tensor, queue: Tensor, options: InfoNCEOptions): PairLoss {
  checkSameShape('infoNCE', { query, key });
  const { positive, negatives } = againstQueue('infoNCE', query, key, queue, options);
  return pairLoss(tf.sub(logSumExp(columns(positive, negatives)), positive));
}

/**
 * {@link infoNCE} with one hard negative of its own for every query (Chin et al., saliency-guided masking): another term
 * exp(ρ · cos(q_i, v_i) / τ) in the denominator.
 *
 * @param hard (N, D): row i is the hard negative of query i.
 */
export function infoNCEHard(
  query: Tensor,
  key: Tensor,
  queue: Tensor,
  hard: Tensor,
  options: InfoNCEHardOptions,
): PairLoss {
  const { rho = 2, positiveInDenominator = true, temperature } = options;
  checkSameShape('infoNCEHard', { query, key, hard });
  checkAtLeast('infoNCEHard', 'rho', rho);
  const { unitQuery, positive, negatives } = againstQueue('infoNCEHard', query, key, queue, options);
  const hardTerm = tf.mul(rowProducts(unitQuery, l2Normalize(hard)), rho / temperature);
  const terms = [negatives, hardTerm];
  if (positiveInDenominator) terms.unshift(positive);
  return pairLoss(tf.sub(logSumExp(columns(...terms)), positive));
}

function againstQueue(
  where: string,
  query: Tensor,
  key: Tensor,
  queue: Tensor,
  { temperature, unitQueue = false }: InfoNCEOptions,
): { unitQuery: Tensor; positive: Tensor; negatives: Tensor } {
  checkBank(where, queue, query);
  checkAbove(where, 'temperature', temperature);
  const unitQuery = l2Normalize(query);
  return {
    unitQuery,
    positive: tf.div(rowProducts(unitQuery, l2Normalize(key)), temperature),
    // The queue's terms are summed by themselves: putting the positive beside them would copy N × K numbers.
    negatives: logSumExp(tf.div(products(unitQuery, unitQueue ? queue : l2Normalize(queue)), temperature)),
  };
}
