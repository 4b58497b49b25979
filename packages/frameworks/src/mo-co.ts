import type { Backbone } from '@ssl-scene/backbones';
import { infoNCE, infoNCEHard } from '@ssl-scene/losses';
import { l2Normalize, type Tensor, type TensorDict, tf } from '@ssl-scene/tensors';
import { checkCounts, checkShares, checkTemperatures } from './check-option.ts';
import { embedEach } from './embed.ts';
import { encoder } from './encoder.ts';
import type { Framework } from './framework.ts';
import type { HeadInitialisation } from './head-initialisation.ts';
import { KEY, keyNetwork } from './key-network.ts';
import { type PairSpec, viewNames } from './pair.ts';
import { combinePairs, type PairLoss } from './pair-losses.ts';
import { type ProjectionHeadKind, projectionHead } from './projection-head.ts';
import { enqueue, queueName } from './queue.ts';
import { queuedFramework } from './queued-framework.ts';
import { splitNorm } from './split-norm.ts';
import { unknownRole } from './unknown-role.ts';

export interface MoCoOptions {
  /** The network to train: the query encoder's. */
  readonly backbone: Backbone;
  /** `v1`: head Linear, T 0.07. `v2`: head Linear, ReLU, Linear, T 0.2. Default `v2`. */
  readonly version?: 'v1' | 'v2';
  /** Form of the head. Default: the version's. */
  readonly head?: ProjectionHeadKind;
  /** Fresh values of the heads `linear` and `plain`. Default `pytorch`. */
  readonly initialisation?: HeadInitialisation;
  /** Width of the head's hidden layers. Default: the backbone's feature dimension. */
  readonly hidden?: number;
  /** Dimension of the embeddings. Default 128; without a head that of the features. */
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
  /**
   * Whether the positive is one of the denominator's terms where there is a hard negative: true as in the code of
   * saliency-guided masking, false as on its poster. Default true.
   */
  readonly positiveInDenominator?: boolean;
}

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
  const { queueLength = 65_536, momentum = 0.999, positiveInDenominator = true } = options;
  const { head = version === 'v1' ? 'linear' : 'plain', initialisation = 'pytorch' } = options;
  const { dimension = head === 'none' ? backbone.featureDim : 128, hidden = backbone.featureDim } = options;
  const temperature = options.temperature ?? (version === 'v1' ? 0.07 : 0.2);
  checkTemperatures('moCo', { temperature });
  checkShares('moCo', { momentum });
  checkCounts('moCo', { queueLength, splits });
  const projector = projectionHead({ kind: head, in: backbone.featureDim, hidden, out: dimension, initialisation });
  const online = encoder(backbone, projector);
  const key = encoder(backbone, projector, KEY);
  const queryNetwork = splitNorm(online, splits);
  const keys = keyNetwork({ network: key, originals: online.parameters, momentum, splits });
  const queues = roles.map(queueName);
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
      : infoNCEHard(queries[query]!, keys[key]!, queue, keys[hardNegative]!, {
          temperature,
          rho,
          positiveInDenominator,
          unitQueue: true,
        }).perSample;

  return {
    ...queuedFramework({ name: `moco-${version}`, backbone, online, key, queues, queueLength, dimension }),
    hostInputs: keys.hostInputs,
    prepare(variables, batch) {
      const { keys: embeddings, updates } = keys.encode(variables, batch, viewNames(batch.pairs, keyViews));
      const units = Object.entries(embeddings).map(([name, rows]) => [name, l2Normalize(rows)] as const);
      return { tensors: Object.fromEntries(units), updates };
    },
    objective(variables, { views, pairs }, { tensors: keys }, context) {
      const names = viewNames(pairs, queryViews);
      const queries = embedEach(queryNetwork, variables, views, names, context);
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
      // A hard negative's similarity of 1 counts rho / T, the others' 1 / T.
      const hard = Math.exp((rho - 1) / temperature);
      const losses = pairs.flatMap(({ factor = 1, ...pair }) =>
        directionsOf(pair, symmetric).map(({ hardNegative }) => {
          const positive = hardNegative === undefined || positiveInDenominator ? 1 : 0;
          return factor * Math.log(positive + queueLength + (hardNegative === undefined ? 0 : hard));
        }),
      );
      return losses.reduce((sum, loss) => sum + loss, 0);
    },
  };
}

/** A hard negative is made of the key's view, so it belongs to the first direction only. */
function directionsOf({ a, b, hardNegative }: PairSpec, symmetric: boolean): Direction[] {
  const forward = { query: a, key: b, ...(hardNegative !== undefined && { hardNegative }) };
  return symmetric ? [forward, { query: b, key: a }] : [forward];
}
