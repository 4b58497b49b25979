import type { Backbone } from '@ssl-scene/backbones';
import { softCrossEntropy, swavAssignment } from '@ssl-scene/losses';
import { parameter, type Variables } from '@ssl-scene/nn';
import { l2Normalize, logSoftmax, type Tensor, type TensorDict, tf } from '@ssl-scene/tensors';
import { checkCounts, checkTemperatures } from './check-option.ts';
import { embed, type ForwardMode } from './embed.ts';
import { encoder } from './encoder.ts';
import type { Framework } from './framework.ts';
import { initialiseVariables } from './initialise-variables.ts';
import { mlp } from './mlp.ts';
import { replaceBuffers } from './moving-average.ts';
import { type MultiCropRoles, partner, targetViews } from './multi-crop.ts';
import { type Pair, refuseHardNegatives, totalFactor, viewNames } from './pair.ts';
import { combinePairs, type PairLoss } from './pair-losses.ts';
import { PROTOTYPES, prototypeSpec, scoresOf, unitColumns } from './prototypes.ts';
import { enqueue, queueName, queueSpec, randomQueue } from './queue.ts';
import { mapValues } from './tensor-dict.ts';

export interface SwavOptions {
  /** The network to train. */
  readonly backbone: Backbone;
  /** Width of the projector's hidden layer. Default 2048. */
  readonly hidden?: number;
  /** Dimension of the embeddings. Default 128. */
  readonly dimension?: number;
  /** Number of prototypes. Default 3000. */
  readonly prototypes?: number;
  /** Temperature of the predictions, above 0. Default 0.1. */
  readonly temperature?: number;
  /** Sharpness of the assignment, above 0. Default 0.05. */
  readonly epsilon?: number;
  /** Rounds of balancing. Default 3. */
  readonly sinkhornIterations?: number;
  /** Embeddings of earlier batches that take part in the balancing, per view that assigns; 0 for none. Default 0. */
  readonly queueLength?: number;
  /** First epoch, from 0, in which full queues take part. Default 15. */
  readonly queueStartEpoch?: number;
  /** Steps at the start during which the prototypes rest. Default 313. */
  readonly freezePrototypesSteps?: number;
  /** Which views share batch-norm statistics. Default `joint`, as in the official code. */
  readonly forward?: ForwardMode;
  /** Roles of pairs of large views, which predict each other's assignments. Default `['global']`. */
  readonly roles?: readonly string[];
  /** Roles of pairs in which only `a` assigns and the small `b` predicts. Default `['local']`. */
  readonly smallRoles?: readonly string[];
}

const SIDES = ['a', 'b'] as const;

/**
 * SwAV (Caron et al. 2020): every view predicts to which prototypes the other view of the image was assigned; assignments
 * use all prototypes equally over the batch (Sinkhorn-Knopp) and carry no gradient. A pair of large views counts with the
 * mean of both directions; for multi-crop training see `multiCropPairs`.
 *
 * Prototypes are brought to length 1 after every step (`constrain`). During the first steps they rest, and queues take part
 * from `queueStartEpoch` on and only once they are full (`phase`); both are functions of the position alone. Queues are
 * filled from the first step on, so that they are full when their epoch begins.
 */
export function swav(options: SwavOptions): Framework {
  const { backbone, hidden = 2048, dimension = 128, prototypes = 3000, temperature = 0.1, forward = 'joint' } = options;
  const { epsilon = 0.05, sinkhornIterations: iterations = 3 } = options;
  const { queueLength = 0, queueStartEpoch = 15, freezePrototypesSteps = 313 } = options;
  checkTemperatures('swav', { temperature, epsilon });
  checkCounts('swav', { prototypes, sinkhornIterations: iterations });
  checkCounts('swav', { queueLength, queueStartEpoch, freezePrototypesSteps }, 0);
  const known: MultiCropRoles = { roles: options.roles ?? ['global'], smallRoles: options.smallRoles ?? ['local'] };
  const online = encoder(backbone, mlp([backbone.featureDim, hidden, dimension], { hiddenBias: true, lastBias: true }));
  const queues = queueLength === 0 ? [] : known.roles.flatMap((role) => SIDES.map((side) => sideQueue(role, side)));

  const assign = (scores: Tensor, queue: Tensor | undefined, weight: Tensor): Tensor => {
    const earlier = queue && scoresOf(queue, weight);
    return swavAssignment(scores, earlier, { epsilon, iterations });
  };

  return {
    name: 'swav',
    backbone,
    parameters: [...online.parameters, prototypeSpec(dimension, prototypes)],
    unlearned: [],
    buffers: [...online.buffers, ...queues.map((name) => queueSpec(name, queueLength, dimension))],
    evaluated: 'online',
    initialise(seed) {
      const rows = queues.map((name) => [name, randomQueue(seed, name, queueLength, dimension)] as const);
      return withUnitPrototypes(replaceBuffers(initialiseVariables(this, seed), Object.fromEntries(rows)));
    },
    phase({ epoch, step, batchSize }) {
      const full = queueLength > 0 && step * batchSize >= queueLength;
      return {
        frozen: step < freezePrototypesSteps ? [PROTOTYPES] : [],
        queues: full && epoch >= queueStartEpoch,
      };
    },
    objective(variables, { views, pairs, phase }, _prepared, context) {
      refuseHardNegatives('swav', pairs);
      const embeddings = embed(online, variables, views, viewNames(pairs, SIDES), forward, context);
      const units = mapValues(embeddings, (rows) => l2Normalize(rows));
      const weight = parameter(variables, PROTOTYPES);
      const scores = mapValues(units, (rows) => scoresOf(rows, weight));
      const logProbabilities = mapValues(scores, (rows) => logSoftmax(tf.div(rows, temperature)));
      const assignments: Record<string, Tensor> = {};
      for (const [name, queued] of assigningViews(pairs, known)) {
        const queue = queued === undefined ? undefined : variables.buffers[queued];
        assignments[name] = assign(scores[name]!, phase?.queues ? queue : undefined, weight);
        if (queue) context.updates[queued!] = enqueue(context.updates[queued!] ?? queue, units[name]!);
      }
      const losses = pairs.map((pair): PairLoss => {
        const directions = targetViews(pair, known).map(
          (name) => softCrossEntropy(assignments[name]!, logProbabilities[partner(pair, name)]!).perSample,
        );
        const perSample = tf.div(tf.addN(directions), directions.length);
        return { pair, perSample, a: units[pair.a]!, b: units[pair.b]! };
      });
      return combinePairs(losses);
    },
    constrain(params: TensorDict) {
      return { [PROTOTYPES]: unitColumns(params[PROTOTYPES]!) };
    },
    collapsedLoss(pairs) {
      return totalFactor(pairs) * Math.log(prototypes);
    },
  };
}

function sideQueue(role: string, side: 'a' | 'b'): string {
  return `${queueName(role)}.${side}`;
}

/** Every view that assigns, with the name of its queue: that of the first pair of large views in which it stands. */
function assigningViews(pairs: readonly Pair[], known: MultiCropRoles): Map<string, string | undefined> {
  const views = new Map<string, string | undefined>();
  for (const pair of pairs) {
    const targets = targetViews(pair, known);
    targets.forEach((name, place) => {
      const queue = targets.length === 2 ? sideQueue(pair.role, SIDES[place]!) : undefined;
      views.set(name, views.get(name) ?? queue);
    });
  }
  return views;
}

function withUnitPrototypes({ params, buffers }: Variables): Variables {
  const fresh = params[PROTOTYPES]!;
  const unit = tf.tidy(() => unitColumns(fresh));
  fresh.dispose();
  return { params: { ...params, [PROTOTYPES]: unit }, buffers };
}
