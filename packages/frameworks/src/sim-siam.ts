import type { Backbone } from '@ssl-scene/backbones';
import { simSiamLoss } from '@ssl-scene/losses';
import { batchNorm, linearLayer, type Module, type ParameterSpec, relu } from '@ssl-scene/nn';
import { l2Normalize } from '@ssl-scene/tensors';
import { embed } from './embed.ts';
import { encoder, withUnlearned } from './encoder.ts';
import type { Framework } from './framework.ts';
import { initialiseVariables } from './initialise-variables.ts';
import { numbered } from './numbered.ts';
import { viewNames } from './pair.ts';
import { combinePairs, type PairLoss } from './pair-losses.ts';
import { predictors } from './predictor.ts';

export interface SimSiamOptions {
  /** The network to train; the paper starts its residual branches at zero (`zeroInitResidual: true`). */
  readonly backbone: Backbone;
  /** Dimension D of the projections. Default 2048. */
  readonly dimension?: number;
  /** Width of the predictor's hidden layer. Default: a quarter of `dimension`. */
  readonly predictorHidden?: number;
  /** Whether the predictor keeps the initial learning rate while the rest follows the schedule. Default true. */
  readonly fixedPredictorRate?: boolean;
  /** Roles of pairs that will occur. Default `['global']`. */
  readonly roles?: readonly string[];
  /** Whether each role has a predictor of its own. Default false: one is shared. */
  readonly separatePredictors?: boolean;
}

/** The projector's last Linear keeps its first bias, as in the official code: the batch norm after it removes it anyway. */
const FROZEN = 'projector.6.bias';

/**
 * SimSiam (Chen and He 2021): a predictor on one view's projection meets the other view's projection, from which the
 * gradient is stopped; both ways, averaged. Every view is a forward pass of its own.
 */
export function simSiam(options: SimSiamOptions): Framework {
  const { backbone, dimension = 2048, predictorHidden = Math.max(1, Math.round(dimension / 4)) } = options;
  const { fixedPredictorRate = true, roles = ['global'], separatePredictors = false } = options;
  const online = encoder(backbone, simSiamProjector(backbone.featureDim, dimension));
  const heads = predictors(() => simSiamPredictor(dimension, predictorHidden), roles, separatePredictors);
  const isFrozen = ({ name }: ParameterSpec): boolean => name === FROZEN;

  return {
    name: 'simsiam',
    backbone,
    parameters: [
      ...online.parameters.filter((spec) => !isFrozen(spec)),
      ...heads.modules.flatMap((head) => head.parameters),
    ],
    unlearned: online.parameters.filter(isFrozen),
    buffers: [...online.buffers, ...heads.modules.flatMap((head) => head.buffers)],
    evaluated: 'online',
    initialise(seed) {
      return initialiseVariables(this, seed);
    },
    objective(variables, { views, pairs }, _prepared, context) {
      const all = withUnlearned(variables);
      const projections = embed(online, all, views, viewNames(pairs, ['a', 'b']), 'per-view', context);
      const losses = pairs.map((pair): PairLoss => {
        const predictor = heads.of(pair.role);
        const z1 = projections[pair.a]!;
        const z2 = projections[pair.b]!;
        const p1 = predictor.apply(all, z1, context);
        const p2 = predictor.apply(all, z2, context);
        return { pair, ...simSiamLoss({ p1, p2, z1, z2 }), a: l2Normalize(z1), b: l2Normalize(z2) };
      });
      return combinePairs(losses);
    },
    keepsInitialRate(name) {
      return fixedPredictorRate && name.startsWith('predictor.');
    },
    collapsedLoss(pairs) {
      return -pairs.length;
    },
  };
}

function simSiamProjector(width: number, dimension: number): Module {
  return numbered(
    (place) => linearLayer(place, { in: width, out: width, bias: false }),
    (place) => batchNorm(place, { channels: width }),
    () => relu(),
    (place) => linearLayer(place, { in: width, out: width, bias: false }),
    (place) => batchNorm(place, { channels: width }),
    () => relu(),
    (place) => linearLayer(place, { in: width, out: dimension }),
    (place) => batchNorm(place, { channels: dimension, affine: false }),
  );
}

function simSiamPredictor(dimension: number, hidden: number): Module {
  return numbered(
    (place) => linearLayer(place, { in: dimension, out: hidden, bias: false }),
    (place) => batchNorm(place, { channels: hidden }),
    () => relu(),
    (place) => linearLayer(place, { in: hidden, out: dimension }),
  );
}
