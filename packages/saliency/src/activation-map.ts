import { SceneError } from '@ssl-scene/errors';
import { type Tensor, tf } from '@ssl-scene/tensors';

/** How the channels of a place become one number: their sum, their mean, or the root of the sum of their squares. */
export type ChannelReduction = 'sum' | 'mean' | 'l2';

/**
 * Activation heat map: one number per place of a stage's output after its last ReLU, large where the network responds.
 * ContrastiveCrop takes the sum. After min-max normalisation sum and mean are the same.
 *
 * @param features (N, h, w, C). @param reduce default `sum`.
 * @returns (N, h, w).
 */
export function activationMap(features: Tensor, reduce: ChannelReduction = 'sum'): Tensor {
  checkFeatureMap(features, 'activationMap');
  switch (reduce) {
    case 'sum':
      return tf.sum(features, 3);
    case 'mean':
      return tf.mean(features, 3);
    case 'l2':
      return tf.sqrt(tf.sum(tf.square(features), 3));
    default:
      throw new SceneError({
        code: 'CHANNEL_REDUCTION',
        expected: 'sum, mean or l2',
        found: JSON.stringify(reduce),
        where: 'activationMap, reduce',
        fix: 'Choose one of the three.',
      });
  }
}

/** Throws unless features are those of places, (N, h, w, C). */
export function checkFeatureMap(features: Tensor, where: string): void {
  if (features.rank === 4) return;
  throw new SceneError({
    code: 'FEATURE_MAP_SHAPE',
    expected: 'a feature map (N, h, w, C)',
    found: `shape [${features.shape.join(', ')}]`,
    where,
    fix: "Take a stage's output before global pooling.",
  });
}
