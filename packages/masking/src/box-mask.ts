import { type Tensor, tf } from '@ssl-scene/tensors';
import type { Size } from './patch-grid.ts';

/**
 * Pixels inside of boxes.
 *
 * @param boxes (N, 4): top, left, bottom and right in pixels, half-open; what lies outside of the image does not count.
 * @returns (N, height, width, 1): 1 inside.
 */
export function boxMask(boxes: Tensor, [height, width]: Size): Tensor {
  const [top, left, bottom, right] = tf.split(boxes, 4, 1) as [Tensor, Tensor, Tensor, Tensor];
  const rows = between(top, bottom, height);
  const columns = between(left, right, width);
  return tf.mul(tf.reshape(rows, [-1, height, 1, 1]), tf.reshape(columns, [-1, 1, width, 1]));
}

/** @param start (N, 1). @returns (N, length): 1 from start to before end. */
function between(start: Tensor, end: Tensor, length: number): Tensor {
  const places = tf.tensor2d(
    Float32Array.from({ length }, (_, place) => place),
    [1, length],
  );
  return tf.mul(tf.cast(tf.greaterEqual(places, start), 'float32'), tf.cast(tf.less(places, end), 'float32'));
}
