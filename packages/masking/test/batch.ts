import type { Masker, NoiseArray, NoiseBatch } from '@ssl-scene/masking';
import { randomStream } from '@ssl-scene/random';
import { type Tensor, type TensorDict, tf } from '@ssl-scene/tensors';

/** Images (N, side, side, 3) of normal noise. */
export function images(count: number, side: number, name = 'images'): Tensor {
  const data = new Float32Array(count * side * side * 3);
  randomStream(7, name, side).fillNormal(data);
  return tf.tensor4d(data, [count, side, side, 3]);
}

/** Maps (N, side, side) of positive numbers with a long tail. */
export function maps(count: number, side: number, name = 'maps'): Tensor {
  const data = new Float32Array(count * side * side);
  randomStream(8, name, side).fillNormal(data);
  return tf.tensor3d(
    data.map((value) => Math.exp(value)),
    [count, side, side],
  );
}

/** A batch of square views with the given names, of images 0, 1, … */
export function batchOf(count: number, side: number, names: readonly string[], seed = 1): NoiseBatch {
  const sizes = Object.fromEntries(names.map((name) => [name, [side, side] as const]));
  return { seed, epoch: 0, step: 3, indices: Uint32Array.from({ length: count }, (_, image) => image), sizes };
}

export function upload(noise: Readonly<Record<string, NoiseArray>>): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(noise).map(([name, { data, shape, dtype }]) => [name, tf.tensor(data, [...shape], dtype)]),
  );
}

/** Everything that a masker needs for views `a` and `b`. */
export function inputsFor(
  masker: Masker,
  count: number,
  side: number,
): { views: TensorDict; saliency: TensorDict; noise: Record<string, Tensor> } {
  return {
    views: { a: images(count, side, 'a'), b: images(count, side, 'b') },
    saliency: { a: maps(count, 5, 'a'), b: maps(count, 5, 'b') },
    noise: upload(masker.noise(batchOf(count, side, ['a', 'b']))),
  };
}
