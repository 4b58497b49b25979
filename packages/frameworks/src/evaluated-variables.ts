import type { Variables } from '@ssl-scene/nn';
import { backboneVariables, tensorsUnder } from './encoder.ts';
import type { Framework } from './framework.ts';

/**
 * The variables of the backbone that the framework's paper evaluates, under the backbone's own names: those of the learned
 * network, or of its teacher where `evaluated` says so (any copy of the network can be had by the prefix of its names). The
 * tensors are those of `variables`, not copies.
 */
export function evaluatedVariables(
  { backbone, evaluated }: Pick<Framework, 'backbone'> & { readonly evaluated: string },
  variables: Variables,
): Variables {
  if (evaluated === 'online') return backboneVariables(variables);
  const tensors = tensorsUnder(`${evaluated}.backbone.`, variables.buffers);
  const of = (specs: readonly { readonly name: string }[]) =>
    Object.fromEntries(specs.map(({ name }) => [name, tensors[name]!]));
  return { params: of(backbone.parameters), buffers: of(backbone.buffers) };
}
