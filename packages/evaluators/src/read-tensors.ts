import { type Tensor, tf } from '@ssl-scene/tensors';

/**
 * The values of tensors that `compute` makes, with everything it made freed. (Reading inside of `tidy` and returning the
 * values from it takes seconds for large ones: tfjs searches whatever leaves a `tidy` for tensors, element by element.)
 */
export function readTensors(compute: () => Tensor[]): Float32Array[] {
  const tensors = tf.tidy(compute);
  const values = tensors.map((tensor) => tensor.dataSync<'float32'>());
  tf.dispose(tensors);
  return values;
}
