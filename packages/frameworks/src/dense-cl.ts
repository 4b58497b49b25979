import type { Backbone } from '@ssl-scene/backbones';
import { denseCL as denseLoss, infoNCE } from '@ssl-scene/losses';
import { l2Normalize, type Tensor, type TensorDict, tf } from '@ssl-scene/tensors';
import { checkCounts, checkShares, checkTemperatures } from './check-option.ts';
import { denseEncoder, denseProjectionHead } from './dense-encoder.ts';
import { embedEach } from './embed.ts';
import type { Framework } from './framework.ts';
import { KEY, keyNetwork } from './key-network.ts';
import { refuseHardNegatives, totalFactor, viewNames } from './pair.ts';
import { combinePairs, type PairLoss } from './pair-losses.ts';
import { projectionHead } from './projection-head.ts';
import { enqueue, queueName } from './queue.ts';
import { queuedFramework } from './queued-framework.ts';
import { splitNorm } from './split-norm.ts';
import { unknownRole } from './unknown-role.ts';

export interface DenseClOptions {
  /** The network to train: the query encoder's. Its last stage's map decides which cells belong together. */
  readonly backbone: Backbone;
  /** Width of both heads' hidden layers. Default: the backbone's feature dimension. */
  readonly hidden?: number;
  /** Dimension of both kinds of embeddings. Default 128. */
  readonly dimension?: number;
  /** Temperature T, above 0. Default 0.2. */
  readonly temperature?: number;
  /** Share of the dense loss, 0 to 1; the global one has the rest. Default 0.5. */
  readonly denseShare?: number;
  /** Length of each of the two queues of a role. Default 65,536. */
  readonly queueLength?: number;
  /** Momentum m of the key encoder, 0 to 1. Default 0.999. */
  readonly momentum?: number;
  /** Roles of pairs that will occur; each has its own queues. Default `['global']`. */
  readonly roles?: readonly string[];
  /** Batch-norm groups, among which the keys' images are shuffled, as in `moCo`. Default 1. */
  readonly splits?: number;
}

/**
 * DenseCL (Wang et al. 2021): MoCo v2 with a second contrast between cells of the two views' maps. The positive of a cell
 * of the query is the key's cell whose backbone feature is most similar; negatives are earlier images' mean dense keys.
 * Loss: (1 - share) · global + share · mean over the cells. Average, keys and queues as in `moCo`.
 */
export function denseCl(options: DenseClOptions): Framework {
  const { backbone, hidden = backbone.featureDim, dimension = 128, temperature = 0.2, denseShare = 0.5 } = options;
  const { queueLength = 65_536, momentum = 0.999, roles = ['global'], splits = 1 } = options;
  checkTemperatures('denseCl', { temperature });
  checkShares('denseCl', { momentum, denseShare });
  checkCounts('denseCl', { queueLength, splits });
  const projector = projectionHead({ kind: 'plain', in: backbone.featureDim, hidden, out: dimension });
  const denseProjector = denseProjectionHead(backbone.featureDim, hidden, dimension);
  const online = denseEncoder(backbone, projector, denseProjector);
  const key = denseEncoder(backbone, projector, denseProjector, KEY);
  const queryNetwork = splitNorm(online, splits);
  const keys = keyNetwork({ network: key, originals: online.parameters, momentum, splits });
  const queues = roles.flatMap((role) => [queueName(role), denseQueueName(role)]);
  const contrast = { temperature, unitQueue: true };

  return {
    ...queuedFramework({ name: 'densecl', backbone, online, key, queues, queueLength, dimension }),
    hostInputs: keys.hostInputs,
    prepare(variables, batch) {
      const { keys: embeddings, updates } = keys.encode(variables, batch, viewNames(batch.pairs, ['b']));
      const tensors = Object.entries(embeddings).flatMap(([view, parts]) =>
        Object.entries(parts).map(([part, tensor]) => [partName(view, part), tensor] as const),
      );
      return { tensors: Object.fromEntries(tensors), updates };
    },
    objective(variables, { views, pairs }, { tensors }, context) {
      refuseHardNegatives('densecl', pairs);
      const queries = embedEach(queryNetwork, variables, views, viewNames(pairs, ['a']), context);
      const losses = pairs.map((pair): PairLoss => {
        const { role } = pair;
        const queue = variables.buffers[queueName(role)];
        const denseQueue = variables.buffers[denseQueueName(role)];
        if (!queue || !denseQueue) throw unknownRole(role, roles);
        const query = queries[pair.a]!;
        const keyOf = (part: string): Tensor => tensors[partName(pair.b, part)]!;
        const globalKey = l2Normalize(keyOf('global'));
        const global = infoNCE(query.global, globalKey, queue, contrast);
        const dense = denseLoss(
          {
            featuresQuery: query.features,
            featuresKey: keyOf('features'),
            gridQuery: query.grid,
            gridKey: keyOf('grid'),
            queue: denseQueue,
          },
          contrast,
        );
        append(context.updates, variables.buffers, queueName(role), globalKey);
        append(context.updates, variables.buffers, denseQueueName(role), dense.queueKeys);
        const perSample = tf.add(tf.mul(global.perSample, 1 - denseShare), tf.mul(dense.perSample, denseShare));
        return { pair, perSample, a: l2Normalize(query.global), b: globalKey };
      });
      return combinePairs(losses);
    },
    collapsedLoss(pairs) {
      return totalFactor(pairs) * Math.log(1 + queueLength);
    },
  };
}

function denseQueueName(role: string): string {
  return `denseQueue.${role}`;
}

function partName(view: string, part: string): string {
  return `${view}.${part}`;
}

function append(updates: Record<string, Tensor>, buffers: TensorDict, name: string, rows: Tensor): void {
  updates[name] = enqueue(updates[name] ?? buffers[name]!, rows);
}
