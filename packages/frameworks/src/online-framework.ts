import type { Backbone } from '@ssl-scene/backbones';
import type { Framework } from './framework.ts';
import { initialiseVariables } from './initialise-variables.ts';

type Described = Pick<
  Framework,
  'name' | 'backbone' | 'parameters' | 'unlearned' | 'buffers' | 'evaluated' | 'initialise'
>;

/** What frameworks of one network alone, without a moving average or a queue, have in common. */
export function onlineFramework(
  name: string,
  backbone: Backbone,
  online: Pick<Framework, 'parameters' | 'buffers'>,
): Described {
  const described: Described = {
    name,
    backbone,
    parameters: online.parameters,
    unlearned: [],
    buffers: online.buffers,
    evaluated: 'online',
    initialise: (seed) => initialiseVariables(described, seed),
  };
  return described;
}
