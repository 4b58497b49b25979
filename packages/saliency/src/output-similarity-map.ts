import { l2Normalize, type Tensor, tf } from '@ssl-scene/tensors';
import { checkFeatureMap } from './activation-map.ts';

/**
 * Where an image looks like itself as a whole: each place is embedded as if it were the pooled feature, and its similarity
 * to the embedding of the mean over all places counts, where it is positive. One mode of the SGCL-style reconstruction,
 * not a published method.
 *
 * @param features a stage's output after its last ReLU, (N, h, w, C)
 * @param project pooled features (M, C) → embeddings (M, D), in evaluation mode, for example the projector. Default: the
 *   features themselves
 * @returns (N, h, w), from 0 to 1
 */
export function outputSimilarityMap(
  features: Tensor,
  project: (pooled: Tensor) => Tensor = (pooled) => pooled,
): Tensor {
  checkFeatureMap(features, 'outputSimilarityMap');
  const [images, height, width, channels] = features.shape as [number, number, number, number];
  const places = l2Normalize(project(tf.reshape(features, [images * height * width, channels])));
  const whole = l2Normalize(project(tf.mean(features, [1, 2])));
  const dimension = whole.shape[1]!;
  const byImage = tf.reshape(places, [images, height * width, dimension]);
  const similarity = tf.sum(tf.mul(byImage, tf.reshape(whole, [images, 1, dimension])), 2);
  return tf.reshape(tf.relu(similarity), [images, height, width]);
}
