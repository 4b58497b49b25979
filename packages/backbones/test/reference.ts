import { encodeTensor, type ParameterKind } from '@ssl-scene/nn';
import { openSafetensors, type StoredTensor, toFloat32 } from '@ssl-scene/safetensors';
import { type Tensor, tf } from '@ssl-scene/tensors';
import { expect } from 'vitest';

/** All tensors of a reference file. */
export function readTensors(path: string): Record<string, StoredTensor> {
  const reader = openSafetensors(path);
  try {
    return reader.readAll();
  } finally {
    reader.close();
  }
}

/** (N, C, H, W) of a file as (N, H, W, C). */
export function images(stored: StoredTensor): Tensor {
  return tf.tidy(() => tf.transpose(tf.tensor4d(toFloat32(stored), stored.shape as never), [0, 2, 3, 1]));
}

/** A map (N, H, W, C), or a row per image, with the axes of the file. */
export function toFile(tensor: Tensor): Float32Array {
  return tf.tidy(() => {
    const moved = tensor.rank === 4 ? tf.transpose(tensor, [0, 3, 1, 2]) : tensor;
    return Float32Array.from(moved.dataSync());
  });
}

/** A parameter's gradient with the axes of the file. */
export async function parameterToFile(tensor: Tensor, kind: ParameterKind): Promise<Float32Array> {
  return toFloat32(await encodeTensor(tensor, kind));
}

/** Largest difference against the largest value, as the reference states its tolerance. */
export function expectCloseToLargest(got: Float32Array, want: Float32Array, limit: number, name: string): void {
  expect(got.length, name).toBe(want.length);
  const largest = want.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-6);
  const difference = want.reduce((most, value, index) => Math.max(most, Math.abs(value - got[index]!)), 0);
  expect(difference / largest, name).toBeLessThan(limit);
}

/** Length of the difference against the length of what was wanted. */
export function expectCloseByNorm(got: Float32Array, want: Float32Array, limit: number, name: string): void {
  expect(got.length, name).toBe(want.length);
  const difference = Math.hypot(...want.map((value, index) => value - got[index]!));
  expect(difference / Math.max(norm(want), 1e-12), name).toBeLessThan(limit);
}

export function norm(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
}
