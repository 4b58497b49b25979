import type { Backbone } from '@ssl-scene/backbones';
import { negativeCosine } from '@ssl-scene/losses';
import { type Context, emaCosine, type Module } from '@ssl-scene/nn';
import { l2Normalize, tf } from '@ssl-scene/tensors';
import { type ByolVariant, byolVariant } from './byol-variant.ts';
import { checkCounts, checkShares } from './check-option.ts';
import { embedEach } from './embed.ts';
import { encoder, withUnlearned } from './encoder.ts';
import type { Framework } from './framework.ts';
import type { HeadInitialisation } from './head-initialisation.ts';
import { scalarInput } from './host-input.ts';
import { initialiseVariables } from './initialise-variables.ts';
import { mlp } from './mlp.ts';
import { copyToFollowers, movingAverage } from './moving-average.ts';
import { refuseHardNegatives, totalFactor, viewNames } from './pair.ts';
import { combinePairs, type PairLoss } from './pair-losses.ts';
import { predictions, predictors } from './predictor.ts';

export interface ByolOptions {
  /** The network to train: the online one. */
  readonly backbone: Backbone;
  /**
   * Whose defaults the options below have: `official` (the paper's code), `openselfsup` (its COCO configurations, used by
   * ORL) or `contrastive-crop` (its CIFAR code). See `byolVariant`. Default `openselfsup`.
   */
  readonly variant?: ByolVariant;
  /** Width of the projector's hidden layer. Default 4096; contrastive-crop 512. */
  readonly hidden?: number;
  /** Dimension of the projections and predictions. Default 256; contrastive-crop 128. */
  readonly dimension?: number;
  /** Width of the predictor's hidden layer. Default: `hidden`. */
  readonly predictorHidden?: number;
  /** Whether the last layers of projector and predictor have a bias. Default false; contrastive-crop true. */
  readonly lastBias?: boolean;
  /** Fresh values of projector and predictor. Default `pytorch`; openselfsup `openselfsup`. */
  readonly initialisation?: HeadInitialisation;
  /** Momentum of the target at the start, 0 to 1. Default 0.99; contrastive-crop 0.996. */
  readonly momentum?: number;
  /** Whether the momentum rises to 1 along a cosine, or stays. Default `cosine`; contrastive-crop `constant`. */
  readonly momentumSchedule?: 'cosine' | 'constant';
  /**
   * When the target moves: after the optimiser's step, or before the next forward pass. Default `after-step`;
   * contrastive-crop `before-forward`.
   */
  readonly targetUpdate?: 'after-step' | 'before-forward';
  /** How the target starts: as the online network, or with other random values. Default `random`; openselfsup `copy`. */
  readonly targetStart?: 'copy' | 'random';
  /**
   * `squared`: 2 - 2cos per direction; `cosine`: -2cos, which has the same gradient. Default `squared`; contrastive-crop
   * `cosine`.
   */
  readonly loss?: 'squared' | 'cosine';
  /**
   * Whether each view predicts the other. If not, only `a` predicts `b`: for views of which one kind may only predict, such
   * as masked ones, list both pairs. Default true.
   */
  readonly symmetric?: boolean;
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
  const { backbone, roles = ['global'], separatePredictors = false, symmetric = true } = options;
  const settings = { ...byolVariant(options.variant ?? 'openselfsup'), ...options };
  const { hidden, dimension, predictorHidden = hidden, lastBias, initialisation, momentum, loss } = settings;
  const { momentumSchedule, targetUpdate, targetStart } = settings;
  checkShares('byol', { momentum });
  checkCounts('byol', { hidden, dimension, predictorHidden });
  const head = (widths: readonly number[]): Module => mlp(widths, { hiddenBias: true, lastBias, initialisation });
  const projector = head([backbone.featureDim, hidden, dimension]);
  const online = encoder(backbone, projector);
  const target = encoder(backbone, projector, TARGET);
  const heads = predictors(() => head([dimension, predictorHidden, dimension]), roles, separatePredictors);
  const constant = loss === 'squared' ? 2 : 0;

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
      const names = viewNames(pairs, symmetric ? ['a', 'b'] : ['b']);
      return {
        tensors: embedEach(target, current, views, names, context),
        updates: { ...moved, ...context.updates },
      };
    },
    objective(variables, { views, pairs }, { tensors: targets }, context) {
      refuseHardNegatives('byol', pairs);
      const names = viewNames(pairs, symmetric ? ['a', 'b'] : ['a']);
      const projections = embedEach(online, variables, views, names, context);
      const losses = pairs.map((pair): PairLoss => {
        const predictor = heads.of(pair.role);
        const distances = predictions(pair, symmetric).map(({ from, to }) => {
          const predicted = predictor.apply(variables, projections[from]!, context);
          return tf.add(tf.mul(negativeCosine(predicted, targets[to]!).perSample, 2), constant);
        });
        const [a, b] = [projections[pair.a]!, projections[pair.b] ?? targets[pair.b]!];
        return { pair, perSample: tf.addN(distances), a: l2Normalize(a), b: l2Normalize(b) };
      });
      return combinePairs(losses);
    },
    afterUpdate(variables, { inputs }) {
      if (targetUpdate === 'before-forward') return {};
      return movingAverage(TARGET, online.parameters, variables, inputs!.momentum!);
    },
    collapsedLoss(pairs) {
      return totalFactor(pairs) * (symmetric ? 2 : 1) * (constant - 2);
    },
  };
}
