import type { Backbone } from '@ssl-scene/backbones';
import { barlowTwins as barlowTwinsLoss } from '@ssl-scene/losses';
import { l2Normalize, tf } from '@ssl-scene/tensors';
import { embedEach } from './embed.ts';
import { encoder } from './encoder.ts';
import type { Framework } from './framework.ts';
import { mlp } from './mlp.ts';
import { onlineFramework } from './online-framework.ts';
import { refuseHardNegatives, totalFactor, viewNames } from './pair.ts';
import { combinePairs, type PairLoss } from './pair-losses.ts';

export interface BarlowTwinsOptions {
  /** The network to train. */
  readonly backbone: Backbone;
  /** Width of the projector's two hidden layers. Default 8192. */
  readonly hidden?: number;
  /** Dimension of the embeddings. Default: `hidden`. */
  readonly dimension?: number;
  /** λ, the weight of the off-diagonal terms. At least 0. Default 0.0051, that of the official code. */
  readonly lambda?: number;
}

/**
 * Barlow Twins (Zbontar et al. 2021): the cross-correlation of two views' embeddings over the batch becomes the identity.
 * Every view is a forward pass of its own. The batch norm without scale that stands last in the official code is part of
 * the loss here, so it keeps no running statistics.
 *
 * The loss is one of the batch: every image has its value, and a pair's weights count with their mean.
 */
export function barlowTwins(options: BarlowTwinsOptions): Framework {
  const { backbone, hidden = 8192, dimension = hidden, lambda = 0.0051 } = options;
  const projector = mlp([backbone.featureDim, hidden, hidden, dimension], { hiddenBias: false, lastBias: false });
  const online = encoder(backbone, projector);

  return {
    ...onlineFramework('barlow-twins', backbone, online),
    objective(variables, { views, pairs }, _prepared, context) {
      refuseHardNegatives('barlow-twins', pairs);
      const embeddings = embedEach(online, variables, views, viewNames(pairs, ['a', 'b']), context);
      const losses = pairs.map((pair): PairLoss => {
        const [a, b] = [embeddings[pair.a]!, embeddings[pair.b]!];
        const { loss } = barlowTwinsLoss(a, b, { lambda });
        const perSample = tf.mul(tf.ones([a.shape[0]!]), loss);
        return { pair, perSample, a: l2Normalize(a), b: l2Normalize(b) };
      });
      return combinePairs(losses);
    },
    collapsedLoss(pairs) {
      return totalFactor(pairs) * dimension;
    },
  };
}
