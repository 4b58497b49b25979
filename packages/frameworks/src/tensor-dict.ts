import type { Tensor, TensorDict } from '@ssl-scene/tensors';

/** The dictionary with every tensor replaced by what `change` makes of it. */
export function mapValues(tensors: TensorDict, change: (tensor: Tensor) => Tensor): Record<string, Tensor> {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, change(tensor)]));
}
