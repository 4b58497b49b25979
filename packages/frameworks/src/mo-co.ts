import type { Backbone } from '@ssl-scene/backbones';
import { infoNCE, infoNCEHard } from '@ssl-scene/losses';
import type { Context } from '@ssl-scene/nn';
import { l2Normalize, type Tensor, type TensorDict, tf } from '@ssl-scene/tensors';
import { embed } from './embed.ts';
import { encoder, withUnlearned } from './encoder.ts';
import type { Framework } from './framework.ts';
import { scalarInput } from './host-input.ts';
import { initialiseVariables } from './initialise-variables.ts';
import { copyToFollowers, movingAverage, replaceBuffers } from './moving-average.ts';
import { type Pair, viewNames } from './pair.ts';
import { combinePairs, type PairLoss } from './pair-losses.ts';
import { projectionHead } from './projection-head.ts';
import { enqueue, queueName, queueSpec, randomQueue } from './queue.ts';
import { shuffled, shuffleInputs } from './shuffle.ts';
import { splitEncoder } from './split-encoder.ts';
import { unknownRole } from './unknown-role.ts';

export interface MoCoOptions {
  /** The network to train: the query encoder's. */
  readonly backbone: Backbone;
  /** `v1`: head Linear, T 0.07. `v2`: head Linear, ReLU, Linear, T 0.2. Default `v2`. */
  readonly version?: 'v1' | 'v2';
  /** Width of v2's hidden layer. Default: the backbone's feature dimension. */
  readonly hidden?: number;
  /** Dimension of the embeddings. Default 128. */
  readonly dimension?: number;
  /** Temperature T, above 0. Default: the version's. */
  readonly temperature?: number;
  /** Number of negatives kept per role. Default 65,536. */
  readonly queueLength?: number;
  /** Momentum m of the key encoder, 0 to 1. Default 0.999. */
  readonly momentum?: number;
  /** Roles of pairs that will occur; each has its own queue. Default `['global']`. */
  readonly roles?: readonly string[];
  /** Whether each view is once the query and once the key; the two losses add up. Default false. */
  readonly symmetric?: boolean;
  /**
   * Groups of the batch that are normalised apart, as on as many devices, with the key's images shuffled between them,
   * so that no statistic gives a pair away. 1 is plain batch norm over the batch. Default 1.
   */
  readonly splits?: number;
  /** Factor rho of the similarity to a pair's hard negative, where pairs have one. Default 2. */
  readonly rho?: number;
}

const KEY = 'key';

/** One direction of a pair: whose query meets whose key. */
interface Direction {
  readonly query: string;
  readonly key: string;
  readonly hardNegative?: string;
}

/**
 * MoCo (He et al. 2020) and MoCo v2 (Chen et al. 2020): the query embedding of an image must find the key embedding of
 * its other view among a queue of keys of earlier batches. Keys come from a slowly moving average of the query encoder,
 * `key.*`, without gradient. The average moves before the keys are made; keys enter the queue after the loss.
 */
export function moCo(options: MoCoOptions): Framework {
  const { backbone, version = 'v2', roles = ['global'], symmetric = false, splits = 1, rho = 2 } = options;
  const { dimension = 128, queueLength = 65_536, momentum = 0.999 } = options;
  const temperature = options.temperature ?? (version === 'v1' ? 0.07 : 0.2);
  const widths = { in: backbone.featureDim, hidden: options.hidden ?? backbone.featureDim, out: dimension };
  const projector = projectionHead({ kind: version === 'v1' ? 'linear' : 'plain', ...widths });
  const online = encoder(backbone, projector);
  const key = encoder(backbone, projector, KEY);
  const queryEncoder = splitEncoder(online, splits);
  const queryViews = symmetric ? (['a', 'b'] as const) : (['a'] as const);
  const keyViews = symmetric ? (['b', 'a', 'hardNegative'] as const) : (['b', 'hardNegative'] as const);

  const directedLoss = (
    { query, key, hardNegative }: Direction,
    queries: TensorDict,
    keys: TensorDict,
    queue: Tensor,
  ) =>
    hardNegative === undefined
      ? infoNCE(queries[query]!, keys[key]!, queue, { temperature, unitQueue: true }).perSample
      : infoNCEHard(queries[query]!, keys[key]!, queue, keys[hardNegative]!, { temperature, rho, unitQueue: true })
          .perSample;

  return {
    name: `moco-${version}`,
    backbone,
    parameters: online.parameters,
    unlearned: key.parameters,
    buffers: [...online.buffers, ...key.buffers, ...roles.map((role) => queueSpec(role, queueLength, dimension))],
    evaluated: 'online',
    initialise(seed) {
      const names = [...online.parameters, ...online.buffers].map(({ name }) => name);
      const fresh = copyToFollowers(KEY, names, initialiseVariables(this, seed));
      const queues = roles.map((role) => [queueName(role), randomQueue(seed, role, queueLength, dimension)] as const);
      return replaceBuffers(fresh, Object.fromEntries(queues));
    },
    hostInputs(position) {
      return { momentum: scalarInput(momentum), ...(splits === 1 ? {} : shuffleInputs(position)) };
    },
    prepare(variables, { views, pairs, inputs = {} }) {
      const average = movingAverage(KEY, online.parameters, variables, inputs.momentum ?? tf.scalar(momentum));
      const current = withUnlearned({ params: {}, buffers: { ...variables.buffers, ...average } });
      const keyEncoder = splits === 1 ? key : shuffled(splitEncoder(key, splits), inputs);
      const context: Context = { training: true, updates: {} };
      const embeddings = embed(keyEncoder, current, views, viewNames(pairs, keyViews), 'per-view', context);
      const units = Object.entries(embeddings).map(([name, rows]) => [name, l2Normalize(rows)] as const);
      return { tensors: Object.fromEntries(units), updates: { ...average, ...context.updates } };
    },
    objective(variables, { views, pairs }, { tensors: keys }, context) {
      const names = viewNames(pairs, queryViews);
      const queries = embed(queryEncoder, variables, views, names, 'per-view', context);
      const losses = pairs.map((pair): PairLoss => {
        const name = queueName(pair.role);
        const queue = variables.buffers[name];
        if (!queue) throw unknownRole(pair.role, roles);
        const directions = directionsOf(pair, symmetric);
        const perSample = tf.addN(directions.map((direction) => directedLoss(direction, queries, keys, queue)));
        const waiting = context.updates[name] ?? queue;
        context.updates[name] = directions.reduce((line, direction) => enqueue(line, keys[direction.key]!), waiting);
        return { pair, perSample, a: l2Normalize(queries[pair.a]!), b: keys[pair.b]! };
      });
      return combinePairs(losses);
    },
    collapsedLoss(pairs) {
      return pairs.length * (symmetric ? 2 : 1) * Math.log(1 + queueLength);
    },
  };
}

/** A hard negative is made of the key's view, so it belongs to the first direction only. */
function directionsOf({ a, b, hardNegative }: Pair, symmetric: boolean): Direction[] {
  const forward = { query: a, key: b, ...(hardNegative !== undefined && { hardNegative }) };
  return symmetric ? [forward, { query: b, key: a }] : [forward];
}
