import { type Tensor, tf } from '@ssl-scene/tensors';
import { checkSameShape } from './checks.ts';
import { type PairLoss, pairLoss } from './pair-loss.ts';
import { rowProducts } from './similarity.ts';

/**
 * Cross-entropy between given distributions and predicted ones: -Σ_k target_ik · logProbabilities_ik, which is what SwAV
 * and DINO do with every pair of views. Targets are used as given: compute them without gradient.
 *
 * @param target (N, K), rows sum to 1. @param logProbabilities (N, K), such as `logSoftmax(scores / τ)`.
 */
export function softCrossEntropy(target: Tensor, logProbabilities: Tensor): PairLoss {
  checkSameShape('softCrossEntropy', { target, logProbabilities });
  return pairLoss(tf.neg(rowProducts(target, logProbabilities)));
}
