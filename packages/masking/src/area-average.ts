import { type Tensor, tf } from '@ssl-scene/tensors';
import { type Matrix, matrix, separableProduct } from './separable-product.ts';

/**
 * Maps resampled by area: each place of the result is the mean of what it covers, places that it covers in part counting
 * in part. Keeps the maps' means.
 *
 * @param maps (N, h, w). @param size [rows, columns] of the result. @returns (N, rows, columns).
 */
export function areaAverage(maps: Tensor, [rows, columns]: readonly [number, number]): Tensor {
  const [images, height, width] = maps.shape as [number, number, number];
  if (height === rows && width === columns) return maps;
  const places = tf.reshape(maps, [images, height, width, 1]);
  const averaged = separableProduct(places, coverage(rows, height), coverage(columns, width));
  return tf.reshape(averaged, [images, rows, columns]);
}

/** Row i holds the share that each of `inputs` places has in place i of `outputs`, when both span the same length. */
function coverage(outputs: number, inputs: number): Matrix {
  const length = inputs / outputs;
  return matrix(outputs, inputs, (output, input) => {
    const overlap = Math.min((output + 1) * length, input + 1) - Math.max(output * length, input);
    return Math.max(overlap, 0) / length;
  });
}
