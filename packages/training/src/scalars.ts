import type { TensorDict } from '@ssl-scene/tensors';

/** The values of a dictionary of scalars. Reading waits for the step that makes them. */
export async function readScalars(tensors: TensorDict): Promise<Record<string, number>> {
  const values: Record<string, number> = {};
  for (const [name, tensor] of Object.entries(tensors)) values[name] = (await tensor.data())[0]!;
  return values;
}
