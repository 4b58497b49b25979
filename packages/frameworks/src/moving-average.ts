import { emaUpdate, type ParameterSpec, type Variables } from '@ssl-scene/nn';
import { type Tensor, type TensorDict, tf } from '@ssl-scene/tensors';

/*
 * Copies of a network stand among the buffers under a prefix: `backbone.conv1.weight` is followed by
 * `key.backbone.conv1.weight`. Running statistics are not averaged: the copy has its own, from its own forward passes.
 */

/** New values of all parameters' copies: momentum times the copy plus the rest times the original. */
export function movingAverage(
  prefix: string,
  originals: readonly ParameterSpec[],
  { params, buffers }: Variables,
  momentum: Tensor,
): TensorDict {
  const names = originals.map(({ name }) => name);
  const copies = Object.fromEntries(names.map((name) => [name, buffers[`${prefix}.${name}`]!]));
  const averages = emaUpdate(copies, { ...buffers, ...params }, momentum);
  return Object.fromEntries(names.map((name) => [`${prefix}.${name}`, averages[name]!]));
}

/** Replaces the copies of the named variables by their originals' values, and frees what was there. */
export function copyToFollowers(prefix: string, names: readonly string[], { params, buffers }: Variables): Variables {
  const copies = names.map((name) => [`${prefix}.${name}`, tf.clone((params[name] ?? buffers[name])!)] as const);
  return replaceBuffers({ params, buffers }, Object.fromEntries(copies));
}

/** The variables with some buffers replaced; the old ones are freed. */
export function replaceBuffers({ params, buffers }: Variables, values: TensorDict): Variables {
  for (const name of Object.keys(values)) buffers[name]?.dispose();
  return { params, buffers: { ...buffers, ...values } };
}
