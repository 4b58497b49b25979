import type { Backbone } from '@ssl-scene/backbones';
import { ntXent, ntXentHard } from '@ssl-scene/losses';
import { l2Normalize, type Tensor, type TensorDict, tf } from '@ssl-scene/tensors';
import { checkTemperatures } from './check-option.ts';
import { embed, type ForwardMode } from './embed.ts';
import { encoder } from './encoder.ts';
import type { Framework } from './framework.ts';
import { onlineFramework } from './online-framework.ts';
import { type Pair, viewNames } from './pair.ts';
import { combinePairs } from './pair-losses.ts';
import { type ProjectionHeadKind, projectionHead } from './projection-head.ts';

export interface SimClrOptions {
  /** The network to train. */
  readonly backbone: Backbone;
  /** Form of the projection head. Default `plain`: Linear, ReLU, Linear with biases, no batch norm. */
  readonly head?: ProjectionHeadKind;
  /** Width of the head's hidden layers. Default: the backbone's feature dimension. */
  readonly hidden?: number;
  /** Dimension of the embeddings. Default 128; without a head that of the features. */
  readonly dimension?: number;
  /** Temperature T that divides the similarities, above 0. Default 0.5. */
  readonly temperature?: number;
  /**
   * Where given, the loss is multiplied by T / baseTemperature. ContrastiveCrop and SupContrast use 0.07, and their
   * learning rates belong to it. Default: the factor 1.
   */
  readonly baseTemperature?: number;
  /** Factor rho of the similarity to a pair's hard negative, where pairs have one. Default 2. */
  readonly rho?: number;
  /** Which views share batch-norm statistics. Default `joint`, as in SimCLR's and ContrastiveCrop's code. */
  readonly forward?: ForwardMode;
}

/**
 * SimCLR (Chen et al. 2020): the two views of an image attract each other and repel all other views of the batch. The
 * loss of an image is the mean of NT-Xent's two directions.
 */
export function simClr(options: SimClrOptions): Framework {
  const { backbone, head = 'plain', temperature = 0.5, forward = 'joint', rho = 2 } = options;
  const { baseTemperature = temperature } = options;
  checkTemperatures('simClr', { temperature, baseTemperature });
  const { featureDim } = backbone;
  const { dimension = head === 'none' ? featureDim : 128 } = options;
  const projector = projectionHead({
    kind: head,
    in: featureDim,
    hidden: options.hidden ?? featureDim,
    out: dimension,
  });
  const online = encoder(backbone, projector);
  const factor = temperature / baseTemperature;

  const pairLoss = ({ a, b, hardNegative }: Pair, embeddings: TensorDict): Tensor => {
    const views = [embeddings[a]!, embeddings[b]!] as const;
    if (hardNegative === undefined) return ntXent(...views, { temperature, baseTemperature }).perSample;
    return tf.mul(ntXentHard(...views, embeddings[hardNegative]!, { temperature, rho }).perSample, factor);
  };

  return {
    ...onlineFramework('simclr', backbone, online),
    objective(variables, { views, pairs }, _prepared, context) {
      const names = viewNames(pairs, ['a', 'b', 'hardNegative']);
      const embeddings = embed(online, variables, views, names, forward, context);
      const losses = pairs.map((pair) => ({
        pair,
        perSample: pairLoss(pair, embeddings),
        a: l2Normalize(embeddings[pair.a]!),
        b: l2Normalize(embeddings[pair.b]!),
      }));
      return combinePairs(losses);
    },
    collapsedLoss(pairs, batchSize) {
      const others = 2 * batchSize - 1;
      // A hard negative's similarity of 1 counts rho / T, the others' 1 / T.
      const hard = Math.exp((rho - 1) / temperature);
      return pairs.reduce((sum, { factor: share = 1, hardNegative }) => {
        const terms = hardNegative === undefined ? others : others + hard;
        return sum + share * factor * Math.log(terms);
      }, 0);
    },
  };
}
