import { type Tensor, type TensorDict, tf } from '@ssl-scene/tensors';

/**
 * Square views, each `size * side * side * 3` values, as tensors (size, side, side, 3).
 *
 * The native backend shares memory with an array that happens to be aligned, and does not copy it: as long as the tensors
 * live, `views` must not change. Give a batch back after the tensors are disposed of, not before.
 */
export function uploadViews(views: Readonly<Record<string, Float32Array>>, size: number): TensorDict {
  const entries = Object.entries(views).map(([name, data]): [string, Tensor] => {
    const side = Math.round(Math.sqrt(data.length / size / 3));
    return [name, tf.tensor(data, [size, side, side, 3])];
  });
  return Object.fromEntries(entries);
}
