import type { Backbone } from '@ssl-scene/backbones';
import { vicReg as vicRegLoss } from '@ssl-scene/losses';
import { l2Normalize } from '@ssl-scene/tensors';
import { embedEach } from './embed.ts';
import { encoder } from './encoder.ts';
import type { Framework } from './framework.ts';
import { mlp } from './mlp.ts';
import { onlineFramework } from './online-framework.ts';
import { refuseHardNegatives, totalFactor, viewNames } from './pair.ts';
import { combinePairs, type PairLoss } from './pair-losses.ts';

export interface VicRegOptions {
  /** The network to train. */
  readonly backbone: Backbone;
  /** Width of the expander's two hidden layers. Default 8192. */
  readonly hidden?: number;
  /** Dimension of the embeddings. Default: `hidden`. */
  readonly dimension?: number;
  /** λ, the weight of the views' distance. At least 0. Default 25. */
  readonly lambda?: number;
  /** μ, the weight of the variance term. At least 0. Default 25. */
  readonly mu?: number;
  /** ν, the weight of the covariance term. At least 0. Default 1. */
  readonly nu?: number;
}

/** Added to variances under the root. */
const EPSILON = 1e-4;

/**
 * VICReg (Bardes et al. 2022): views agree, every dimension of the embeddings varies over the batch, and dimensions do not
 * repeat each other. Every view is a forward pass of its own.
 *
 * Only the first term differs between images. A pair's weights count image by image for it, and with their mean for the
 * others.
 */
export function vicReg(options: VicRegOptions): Framework {
  const { backbone, hidden = 8192, dimension = hidden, lambda = 25, mu = 25, nu = 1 } = options;
  const expander = mlp([backbone.featureDim, hidden, hidden, dimension], { hiddenBias: true, lastBias: false });
  const online = encoder(backbone, expander);

  return {
    ...onlineFramework('vicreg', backbone, online),
    objective(variables, { views, pairs }, _prepared, context) {
      refuseHardNegatives('vicreg', pairs);
      const embeddings = embedEach(online, variables, views, viewNames(pairs, ['a', 'b']), context);
      const losses = pairs.map((pair): PairLoss => {
        const [a, b] = [embeddings[pair.a]!, embeddings[pair.b]!];
        const { perSample } = vicRegLoss(a, b, { lambda, mu, nu, epsilon: EPSILON });
        return { pair, perSample, a: l2Normalize(a), b: l2Normalize(b) };
      });
      return combinePairs(losses);
    },
    collapsedLoss(pairs) {
      return totalFactor(pairs) * mu * (1 - Math.sqrt(EPSILON));
    },
  };
}
