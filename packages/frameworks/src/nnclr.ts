import type { Backbone } from '@ssl-scene/backbones';
import { nnclr as nnclrLoss } from '@ssl-scene/losses';
import type { Module } from '@ssl-scene/nn';
import { l2Normalize } from '@ssl-scene/tensors';
import { checkCounts, checkTemperatures } from './check-option.ts';
import { embedEach } from './embed.ts';
import { encoder } from './encoder.ts';
import type { Framework } from './framework.ts';
import { initialiseVariables } from './initialise-variables.ts';
import { mlp } from './mlp.ts';
import { replaceBuffers } from './moving-average.ts';
import { refuseHardNegatives, totalFactor, viewNames } from './pair.ts';
import { combinePairs, type PairLoss } from './pair-losses.ts';
import { predictors } from './predictor.ts';
import { enqueue, queueName, queueSpec, randomQueue } from './queue.ts';
import { unknownRole } from './unknown-role.ts';

export interface NnclrOptions {
  /** The network to train. */
  readonly backbone: Backbone;
  /** Width of the projector's two hidden layers. Default 2048. */
  readonly hidden?: number;
  /** Dimension of the projections and predictions. Default 256. */
  readonly dimension?: number;
  /** Width of the predictor's hidden layer. Default 4096. */
  readonly predictorHidden?: number;
  /** Temperature, above 0. Default 0.1. */
  readonly temperature?: number;
  /** Number of projections among which neighbours are looked for, per role. Default 98,304. */
  readonly queueLength?: number;
  /** Roles of pairs that will occur; each has its own queue. Default `['global']`. */
  readonly roles?: readonly string[];
  /** Whether each role has a predictor of its own. Default false: one is shared. */
  readonly separatePredictors?: boolean;
}

/**
 * NNCLR (Dwibedi et al. 2021): the nearest neighbour of one view's projection, among projections of earlier batches, must
 * pick out the prediction of the other view among those of the batch; both ways. Neighbours carry no gradient; the first
 * view's projections enter the queue after the loss. Every view is a forward pass of its own.
 */
export function nnclr(options: NnclrOptions): Framework {
  const { backbone, hidden = 2048, dimension = 256, predictorHidden = 4096, temperature = 0.1 } = options;
  const { queueLength = 98_304, roles = ['global'], separatePredictors = false } = options;
  checkTemperatures('nnclr', { temperature });
  checkCounts('nnclr', { queueLength });
  const widths = [backbone.featureDim, hidden, hidden, dimension];
  const online = encoder(backbone, mlp(widths, { hiddenBias: false, lastBias: false, lastNorm: true }));
  const makePredictor = (): Module =>
    mlp([dimension, predictorHidden, dimension], { hiddenBias: false, lastBias: true });
  const heads = predictors(makePredictor, roles, separatePredictors);

  return {
    name: 'nnclr',
    backbone,
    parameters: [...online.parameters, ...heads.modules.flatMap((head) => head.parameters)],
    unlearned: [],
    buffers: [
      ...online.buffers,
      ...heads.modules.flatMap((head) => head.buffers),
      ...roles.map((role) => queueSpec(queueName(role), queueLength, dimension)),
    ],
    evaluated: 'online',
    initialise(seed) {
      const queues = roles.map((role) => {
        const name = queueName(role);
        return [name, randomQueue(seed, name, queueLength, dimension)] as const;
      });
      return replaceBuffers(initialiseVariables(this, seed), Object.fromEntries(queues));
    },
    objective(variables, { views, pairs }, _prepared, context) {
      refuseHardNegatives('nnclr', pairs);
      const projections = embedEach(online, variables, views, viewNames(pairs, ['a', 'b']), context);
      const losses = pairs.map((pair): PairLoss => {
        const name = queueName(pair.role);
        const bank = variables.buffers[name];
        if (!bank) throw unknownRole(pair.role, roles);
        const predictor = heads.of(pair.role);
        const [z1, z2] = [projections[pair.a]!, projections[pair.b]!];
        const p1 = predictor.apply(variables, z1, context);
        const p2 = predictor.apply(variables, z2, context);
        const { perSample } = nnclrLoss({ z1, z2, p1, p2, bank }, { temperature, unitBank: true });
        const a = l2Normalize(z1);
        context.updates[name] = enqueue(context.updates[name] ?? bank, a);
        return { pair, perSample, a, b: l2Normalize(z2) };
      });
      return combinePairs(losses);
    },
    collapsedLoss(pairs, batchSize) {
      return totalFactor(pairs) * Math.log(batchSize);
    },
  };
}
