import type { Framework } from '@ssl-scene/frameworks';
import { encodeTensor, type ParameterKind } from '@ssl-scene/nn';
import type { Tensor, TensorDict } from '@ssl-scene/tensors';
import { expect } from 'vitest';

/** A tensor's elements in PyTorch's order. */
export async function inTorchOrder(framework: Framework, name: string, tensor: Tensor): Promise<Float64Array> {
  const kinds = new Map<string, ParameterKind>();
  for (const spec of [...framework.parameters, ...framework.unlearned]) kinds.set(spec.name, spec.kind);
  const stored = await encodeTensor(tensor, kinds.get(name));
  return Float64Array.from(stored.data as ArrayLike<number | bigint>, Number);
}

/** `[sum, norm, sum_j v_j sin(j)]` with j from 1. */
export function checksum(values: Float64Array): [number, number, number] {
  let [sum, squares, waves] = [0, 0, 0];
  values.forEach((value, index) => {
    sum += value;
    squares += value * value;
    waves += value * Math.sin(index + 1);
  });
  return [sum, Math.sqrt(squares), waves];
}

/** The name that the golden files use: they have one queue and no roles. */
const goldenName = (name: string): string => (name === 'queue.global' ? 'queue' : name);

/** Compares every tensor that has a reference, with a bound relative to its norm. */
export async function expectChecksums(
  framework: Framework,
  tensors: TensorDict,
  wanted: Record<string, number | number[]>,
  relative: number,
): Promise<void> {
  for (const [name, tensor] of Object.entries(tensors)) {
    const want = wanted[name] ?? wanted[goldenName(name)];
    if (want === undefined) continue;
    const got = checksum(await inTorchOrder(framework, name, tensor));
    if (typeof want === 'number') {
      expect(got[0], name).toBe(want);
      continue;
    }
    // The tolerance bounds the norm of the difference; a sum over n elements can differ by root n times that.
    const scale = Math.max(want[1]!, 1e-3) * relative;
    const spread = Math.sqrt(tensor.size);
    expect(Math.abs(got[0] - want[0]!), `sum of ${name}`).toBeLessThanOrEqual(scale * spread);
    expect(Math.abs(got[1] - want[1]!), `norm of ${name}`).toBeLessThanOrEqual(scale);
    expect(Math.abs(got[2] - want[2]!), `wave of ${name}`).toBeLessThanOrEqual(scale * spread);
  }
}
