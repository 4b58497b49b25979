import { currentBackend, type Tensor, type TensorDict, tf } from '@ssl-scene/tensors';

/**
 * A tensor that no longer depends on `data`, so that its memory (a slot of the loader's ring) may be filled again.
 */
export function upload(data: Float32Array | Int32Array, shape: readonly number[], dtype: 'float32' | 'int32'): Tensor {
  // The plain JavaScript backend computes on the very array it is given.
  const owned = currentBackend() === 'cpu' ? data.slice() : data;
  const tensor = tf.tensor(owned, [...shape], dtype);
  touch(tensor);
  return tensor;
}

/** The same for dictionaries of square views, each `size * side * side * 3` values. */
export function uploadViews(views: Readonly<Record<string, Float32Array>>, size: number): TensorDict {
  const entries = Object.entries(views).map(([name, data]) => {
    const side = Math.round(Math.sqrt(data.length / size / 3));
    return [name, upload(data, [size, side, side, 3], 'float32')];
  });
  return Object.fromEntries(entries);
}

/** tfjs hands an array to the device at the tensor's first use, so here is one, as small as can be. */
function touch(tensor: Tensor): void {
  if (tensor.size === 0) return;
  const corner = tensor.shape.map(() => 1);
  if (corner.length === 0) tf.add(tensor, 0).dispose();
  else
    tf.slice(
      tensor,
      tensor.shape.map(() => 0),
      corner,
    ).dispose();
}
