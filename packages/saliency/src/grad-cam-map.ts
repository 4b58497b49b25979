import { l2Normalize, type Tensor, tf, valueAndGrad } from '@ssl-scene/tensors';
import { checkFeatureMap } from './activation-map.ts';

/**
 * Grad-CAM (Selvaraju et al., ICCV 2017): channels weighted by the mean gradient of a score, summed where that is positive.
 * The gradient is taken by the features alone; whatever `score` closes over is left untouched.
 *
 * @param features a stage's output after its last ReLU, (N, h, w, C)
 * @param score features → one number per image, (N); images must not influence each other's
 * @returns (N, h, w), not negative
 */
export function gradCamMap(features: Tensor, score: (features: Tensor) => Tensor): Tensor {
  checkFeatureMap(features, 'gradCamMap');
  const { grads } = valueAndGrad((inputs) => ({ loss: tf.sum(score(inputs.features!)) }), { features });
  const weights = tf.mean(grads.features!, [1, 2], true);
  return tf.relu(tf.sum(tf.mul(weights, features), 3));
}

/**
 * Grad-CAM without labels: the score is the cosine between an image's embedding and that of a second view of it, which is
 * held fixed. One mode of the SGCL-style reconstruction. Without a second view (and a predictor) the score is always 1
 * and the map 0.
 *
 * @param features (N, h, w, C)
 * @param target embeddings of the second views, (N, D)
 * @param embed pooled features (N, C) → (N, D), in evaluation mode: the projector, and the predictor where there is one.
 *   Default: the features themselves
 */
export function contrastiveGradCamMap(
  features: Tensor,
  target: Tensor,
  embed: (pooled: Tensor) => Tensor = (pooled) => pooled,
): Tensor {
  const fixed = l2Normalize(target);
  return gradCamMap(features, (current) => tf.sum(tf.mul(l2Normalize(embed(tf.mean(current, [1, 2]))), fixed), 1));
}
