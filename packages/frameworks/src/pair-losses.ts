import { type Tensor, type TensorDict, tf } from '@ssl-scene/tensors';
import type { Objective } from './framework.ts';
import type { Pair } from './pair.ts';

/** What one pair contributes. */
export interface PairLoss {
  readonly pair: Pair;
  /** Loss of each image, shape (N), before factor and weight. */
  readonly perSample: Tensor;
  /** The two embeddings, each (N, D) with rows of length 1; for the metrics. */
  readonly a: Tensor;
  readonly b: Tensor;
}

/**
 * `L = mean_i sum_p f_p w_ip l_ip` with factors f and weights w: they only scale, an image of weight 0 still is a negative
 * of the others.
 */
export function combinePairs(losses: readonly PairLoss[]): Objective {
  const weighted = losses.map(({ pair: { factor = 1, weight }, perSample }) => {
    const scaled = factor === 1 ? perSample : tf.mul(perSample, factor);
    return weight ? tf.mul(scaled, weight) : scaled;
  });
  const perSample = weighted.reduce((sum, next) => tf.add(sum, next));
  return { loss: tf.mean(perSample), perSample, metrics: pairMetrics(losses) };
}

function pairMetrics(losses: readonly PairLoss[]): TensorDict {
  const byRole: Record<string, Tensor> = {};
  for (const { pair, perSample } of losses) {
    const key = `loss.${pair.role}`;
    const mean = tf.mean(perSample);
    byRole[key] = byRole[key] ? tf.add(byRole[key], mean) : mean;
  }
  return {
    ...byRole,
    featureStd: meanOf(losses.map(({ a }) => featureStd(a))),
    positiveSimilarity: meanOf(losses.map(({ a, b }) => tf.mean(tf.sum(tf.mul(a, b), 1)))),
  };
}

function meanOf(scalars: readonly Tensor[]): Tensor {
  return tf.div(
    scalars.reduce((sum, next) => tf.add(sum, next)),
    scalars.length,
  );
}

/** Mean over the dimensions of the standard deviation over the images, times the root of the number of dimensions. */
function featureStd(unitRows: Tensor): Tensor {
  const centred = tf.sub(unitRows, tf.mean(unitRows, 0, true));
  const variance = tf.mean(tf.mul(centred, centred), 0);
  return tf.mul(tf.mean(tf.sqrt(variance)), Math.sqrt(unitRows.shape[1]!));
}
