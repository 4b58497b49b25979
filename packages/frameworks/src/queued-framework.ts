import type { Backbone } from '@ssl-scene/backbones';
import type { Framework } from './framework.ts';
import { initialiseVariables } from './initialise-variables.ts';
import { KEY } from './key-network.ts';
import { copyToFollowers, replaceBuffers } from './moving-average.ts';
import { queueSpec, randomQueue } from './queue.ts';

type Described = Pick<
  Framework,
  'name' | 'backbone' | 'parameters' | 'unlearned' | 'buffers' | 'evaluated' | 'initialise'
>;
type Variables = Pick<Framework, 'parameters' | 'buffers'>;

export interface QueuedFrameworkOptions {
  readonly name: string;
  readonly backbone: Backbone;
  /** The network that learns. */
  readonly online: Variables;
  /** Its moving average, whose names begin with `key.`. */
  readonly key: Variables;
  /** Names of the buffers in which keys wait. */
  readonly queues: readonly string[];
  readonly queueLength: number;
  readonly dimension: number;
}

/**
 * What frameworks have in common whose keys come from a moving average and wait in queues: MoCo and DenseCL. The average
 * starts as a copy of the network, and queues with random rows of length 1.
 */
export function queuedFramework(options: QueuedFrameworkOptions): Described {
  const { name, backbone, online, key, queues, queueLength, dimension } = options;
  const described: Described = {
    name,
    backbone,
    parameters: online.parameters,
    unlearned: key.parameters,
    buffers: [...online.buffers, ...key.buffers, ...queues.map((queue) => queueSpec(queue, queueLength, dimension))],
    evaluated: 'online',
    initialise(seed) {
      const names = [...online.parameters, ...online.buffers].map((spec) => spec.name);
      const fresh = copyToFollowers(KEY, names, initialiseVariables(described, seed));
      const rows = queues.map((queue) => [queue, randomQueue(seed, queue, queueLength, dimension)] as const);
      return replaceBuffers(fresh, Object.fromEntries(rows));
    },
  };
  return described;
}
