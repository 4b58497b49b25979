import { l2Normalize, type Tensor, tf, untaped } from '@ssl-scene/tensors';
import { checkSameShape } from './checks.ts';
import { type PairLoss, pairLoss } from './pair-loss.ts';
import { rowProducts } from './similarity.ts';

/**
 * Minus the cosine between predictions and targets, from -1 (equal directions) to 1. No gradient flows to the targets. A
 * row of zeros has cosine 0.
 *
 * @param prediction (N, D). @param target (N, D).
 */
export function negativeCosine(prediction: Tensor, target: Tensor): PairLoss {
  checkSameShape('negativeCosine', { prediction, target });
  return pairLoss(tf.neg(cosines(prediction, target)));
}

/** Predictions and targets of both views; the prediction of one view is compared with the target of the other. */
export interface PredictedViews {
  readonly p1: Tensor;
  readonly p2: Tensor;
  readonly z1: Tensor;
  readonly z2: Tensor;
}

/**
 * Both directions of {@link negativeCosine} as SimSiam has them (Chen and He, 2021):
 * -½ · (cos(p1, z2) + cos(p2, z1)), from -1 to 1.
 */
export function simSiamLoss(views: PredictedViews): PairLoss {
  return pairLoss(tf.mul(bothCosines('simSiamLoss', views), -0.5));
}

export interface ByolOptions {
  /** 4 as in BYOL, 0 as in ContrastiveCrop's code; the gradient is the same. Default 4. */
  readonly constant?: number;
}

/**
 * Both directions of the squared distance between unit vectors as BYOL has them (Grill et al., 2020):
 * 4 - 2 · (cos(p1, z2) + cos(p2, z1)), from 0 to 8.
 */
export function byolLoss(views: PredictedViews, { constant = 4 }: ByolOptions = {}): PairLoss {
  return pairLoss(tf.add(tf.mul(bothCosines('byolLoss', views), -2), constant));
}

function bothCosines(where: string, { p1, p2, z1, z2 }: PredictedViews): Tensor {
  checkSameShape(where, { p1, p2, z1, z2 });
  return tf.add(cosines(p1, z2), cosines(p2, z1));
}

function cosines(prediction: Tensor, target: Tensor): Tensor {
  return rowProducts(
    l2Normalize(prediction),
    untaped(() => l2Normalize(target)),
  );
}
