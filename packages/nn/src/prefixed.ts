import type { Tensor, TensorDict } from '@ssl-scene/tensors';
import { buffer, type Module, parameter } from './module.ts';

/** The same module with all names under `prefix.`, so that networks can be put together. */
export function prefixed<Input, Output>(prefix: string, module: Module<Input, Output>): Module<Input, Output> {
  const outer = (name: string): string => `${prefix}.${name}`;
  const under = (specs: readonly { readonly name: string }[], find: (name: string) => Tensor): TensorDict =>
    Object.fromEntries(specs.map(({ name }) => [name, find(outer(name))]));
  return {
    parameters: module.parameters.map((spec) => ({ ...spec, name: outer(spec.name) })),
    buffers: module.buffers.map((spec) => ({ ...spec, name: outer(spec.name) })),
    apply(variables, input, context) {
      const params = under(module.parameters, (name) => parameter(variables, name));
      const buffers = under(module.buffers, (name) => buffer(variables, name, context));
      const inner = { ...context, updates: {} as Record<string, Tensor> };
      const output = module.apply({ params, buffers }, input, inner);
      for (const [name, value] of Object.entries(inner.updates)) context.updates[outer(name)] = value;
      return output;
    },
  };
}
