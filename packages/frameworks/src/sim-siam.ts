import type { Backbone } from '@ssl-scene/backbones';
import { negativeCosine } from '@ssl-scene/losses';
import { batchNorm, linearLayer, type Module, type ParameterSpec, relu } from '@ssl-scene/nn';
import { l2Normalize, tf } from '@ssl-scene/tensors';
import { embedEach } from './embed.ts';
import { encoder, withUnlearned } from './encoder.ts';
import type { Framework } from './framework.ts';
import { initialiseVariables } from './initialise-variables.ts';
import { mlp } from './mlp.ts';
import { numbered } from './numbered.ts';
import { refuseHardNegatives, totalFactor, viewNames } from './pair.ts';
import { combinePairs, type PairLoss } from './pair-losses.ts';
import { predictions, predictors } from './predictor.ts';

export interface SimSiamOptions {
  /** The network to train; the paper starts its residual branches at zero (`zeroInitResidual: true`). */
  readonly backbone: Backbone;
  /** Dimension D of the projections. Default 2048. */
  readonly dimension?: number;
  /** Width of the predictor's hidden layer. Default: a quarter of `dimension`. */
  readonly predictorHidden?: number;
  /** Whether the predictor keeps the initial learning rate while the rest follows the schedule. Default true. */
  readonly fixedPredictorRate?: boolean;
  /**
   * Whether each view predicts the other. If not, only `a` predicts `b`, which counts half: for views of which one kind
   * may only predict, list both pairs. Default true.
   */
  readonly symmetric?: boolean;
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
  const { fixedPredictorRate = true, roles = ['global'], separatePredictors = false, symmetric = true } = options;
  const online = encoder(backbone, simSiamProjector(backbone.featureDim, dimension));
  const makePredictor = (): Module =>
    mlp([dimension, predictorHidden, dimension], { hiddenBias: false, lastBias: true });
  const heads = predictors(makePredictor, roles, separatePredictors);
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
      refuseHardNegatives('simsiam', pairs);
      const all = withUnlearned(variables);
      const projections = embedEach(online, all, views, viewNames(pairs, ['a', 'b']), context);
      const losses = pairs.map((pair): PairLoss => {
        const predictor = heads.of(pair.role);
        const cosines = predictions(pair, symmetric).map(({ from, to }) => {
          const predicted = predictor.apply(all, projections[from]!, context);
          return negativeCosine(predicted, projections[to]!).perSample;
        });
        const [a, b] = [l2Normalize(projections[pair.a]!), l2Normalize(projections[pair.b]!)];
        return { pair, perSample: tf.mul(tf.addN(cosines), 0.5), a, b };
      });
      return combinePairs(losses);
    },
    keepsInitialRate(name) {
      return fixedPredictorRate && name.startsWith('predictor.');
    },
    collapsedLoss(pairs) {
      return (symmetric ? -1 : -0.5) * totalFactor(pairs);
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
