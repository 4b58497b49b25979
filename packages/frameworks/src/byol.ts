import type { Backbone } from '@ssl-scene/backbones';
import { byolLoss } from '@ssl-scene/losses';
import { batchNorm, type Context, emaCosine, linearLayer, type Module, relu } from '@ssl-scene/nn';
import { l2Normalize } from '@ssl-scene/tensors';
import { embed } from './embed.ts';
import { encoder, withUnlearned } from './encoder.ts';
import type { Framework } from './framework.ts';
import { scalarInput } from './host-input.ts';
import { initialiseVariables } from './initialise-variables.ts';
import { copyToFollowers, movingAverage } from './moving-average.ts';
import { numbered } from './numbered.ts';
import { viewNames } from './pair.ts';
import { combinePairs, type PairLoss } from './pair-losses.ts';
import { predictors } from './predictor.ts';

export interface ByolOptions {
  /** The network to train: the online one. */
  readonly backbone: Backbone;
  /** Width of the projector's hidden layer. Default 4096. */
  readonly hidden?: number;
  /** Dimension of the projections and predictions. Default 256. */
  readonly dimension?: number;
  /** Width of the predictor's hidden layer. Default: `hidden`. */
  readonly predictorHidden?: number;
  /** Whether the last layers of projector and predictor have a bias (ContrastiveCrop's do). Default false. */
  readonly lastBias?: boolean;
  /** Momentum of the target at the start, 0 to 1. Default 0.99. */
  readonly momentum?: number;
  /** Whether the momentum rises to 1 along a cosine, or stays. Default `cosine`. */
  readonly momentumSchedule?: 'cosine' | 'constant';
  /** When the target moves: after the optimiser's step, or before the next forward pass (ContrastiveCrop). Default `after-step`. */
  readonly targetUpdate?: 'after-step' | 'before-forward';
  /** How the target starts: as the online network, or with other random values (official code, ContrastiveCrop). Default `copy`. */
  readonly targetStart?: 'copy' | 'random';
  /** `squared`: 2 - 2cos per direction (official); `cosine`: -2cos, the same gradient (ContrastiveCrop). Default `squared`. */
  readonly loss?: 'squared' | 'cosine';
  /** Roles of pairs that will occur. Default `['global']`. */
  readonly roles?: readonly string[];
  /** Whether each role has a predictor of its own, as in ORL. Default false: one is shared. */
  readonly separatePredictors?: boolean;
}

const TARGET = 'target';

/**
 * BYOL (Grill et al. 2020): the online network predicts the target network's projection of the other view, both ways.
 * The target, `target.*`, is a moving average of the online network and gets no gradient; its batch norm uses batch
 * statistics and keeps running statistics of its own. Every view is a forward pass of its own.
 */
export function byol(options: ByolOptions): Framework {
  const { backbone, hidden = 4096, dimension = 256, predictorHidden = hidden, lastBias = false } = options;
  const { momentum = 0.99, momentumSchedule = 'cosine', targetUpdate = 'after-step', targetStart = 'copy' } = options;
  const { loss = 'squared', roles = ['global'], separatePredictors = false } = options;
  const projector = byolMlp(backbone.featureDim, hidden, dimension, lastBias);
  const online = encoder(backbone, projector);
  const target = encoder(backbone, projector, TARGET);
  const heads = predictors(() => byolMlp(dimension, predictorHidden, dimension, lastBias), roles, separatePredictors);
  const constant = loss === 'squared' ? 4 : 0;

  return {
    name: 'byol',
    backbone,
    parameters: [...online.parameters, ...heads.modules.flatMap((head) => head.parameters)],
    unlearned: target.parameters,
    buffers: [...online.buffers, ...heads.modules.flatMap((head) => head.buffers), ...target.buffers],
    evaluated: 'online',
    initialise(seed) {
      const fresh = initialiseVariables(this, seed);
      const names = online.parameters.map(({ name }) => name);
      return targetStart === 'copy' ? copyToFollowers(TARGET, names, fresh) : fresh;
    },
    hostInputs({ step, totalSteps }) {
      const value = momentumSchedule === 'cosine' ? emaCosine(step, { start: momentum, steps: totalSteps }) : momentum;
      return { momentum: scalarInput(value) };
    },
    prepare(variables, { views, pairs, inputs }) {
      const moved =
        targetUpdate === 'before-forward' ? movingAverage(TARGET, online.parameters, variables, inputs!.momentum!) : {};
      const context: Context = { training: true, updates: {} };
      const current = withUnlearned({ params: {}, buffers: { ...variables.buffers, ...moved } });
      const tensors = embed(target, current, views, viewNames(pairs, ['a', 'b']), 'per-view', context);
      return { tensors, updates: { ...moved, ...context.updates } };
    },
    objective(variables, { views, pairs }, { tensors: targets }, context) {
      const projections = embed(online, variables, views, viewNames(pairs, ['a', 'b']), 'per-view', context);
      const losses = pairs.map((pair): PairLoss => {
        const predictor = heads.of(pair.role);
        const p1 = predictor.apply(variables, projections[pair.a]!, context);
        const p2 = predictor.apply(variables, projections[pair.b]!, context);
        const { perSample } = byolLoss({ p1, p2, z1: targets[pair.a]!, z2: targets[pair.b]! }, { constant });
        return { pair, perSample, a: l2Normalize(projections[pair.a]!), b: l2Normalize(projections[pair.b]!) };
      });
      return combinePairs(losses);
    },
    afterUpdate(variables, { inputs }) {
      if (targetUpdate === 'before-forward') return {};
      return movingAverage(TARGET, online.parameters, variables, inputs!.momentum!);
    },
    collapsedLoss(pairs) {
      return pairs.length * (constant - 4);
    },
  };
}

/** Linear with bias, batch norm, ReLU, Linear. */
function byolMlp(input: number, hidden: number, out: number, lastBias: boolean): Module {
  return numbered(
    (place) => linearLayer(place, { in: input, out: hidden }),
    (place) => batchNorm(place, { channels: hidden }),
    () => relu(),
    (place) => linearLayer(place, { in: hidden, out, bias: lastBias }),
  );
}
