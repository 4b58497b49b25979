import { attributes, type NativeBackend } from './native-backend.ts';
import { recordingPrecision } from './recording.ts';
import { gatherTap, pad } from './spatial.ts';
import { type Tensor, tf } from './tensor.ts';

/** How a filter slides over its image. */
export interface FilterGeometry {
  readonly strides: readonly [number, number];
  /** top, bottom, left, right */
  readonly padding: readonly [number, number, number, number];
}

/** With at most this many places the bfloat16 kernel for filters, which takes row by row, leaves most of its tiles empty. */
const SMALL_OUTPUT = 49;

/** Whether {@link filterGradientByProduct} is faster than TensorFlow's own kernel (measured with oneDNN 3.2). */
export function productPays(filter: readonly number[], dy: readonly number[]): boolean {
  const pointwise = filter[0] === 1 && filter[1] === 1;
  return pointwise || (recordingPrecision() === 'bfloat16' && dy[1]! * dy[2]! <= SMALL_OUTPUT);
}

/**
 * The gradient of a convolution's filter as one product of two matrices: what every tap saw at every place, side by side,
 * transposed, times the output's gradient.
 */
export function filterGradientByProduct(
  native: NativeBackend,
  x: Tensor,
  dy: Tensor,
  filter: readonly number[],
  { strides, padding }: FilterGeometry,
): Tensor {
  const [height, width, inputs, outputs] = filter as [number, number, number, number];
  const padded = pad(x, padding);
  const seen: Tensor[] = [];
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const tap = gatherTap(padded, [row, column], { kernel: [height, width], strides }, [dy.shape[1]!, dy.shape[2]!]);
      seen.push(tf.reshape(tap, [-1, inputs]));
    }
  }
  const columns = seen.length === 1 ? seen[0]! : tf.concat(seen, 1);
  const options = attributes(native, { T: { type: 'float32' }, transpose_a: true, transpose_b: false });
  const product = native.executeSingleOutput('MatMul', options, [columns, tf.reshape(dy, [-1, outputs])]);
  return tf.reshape(product, [height, width, inputs, outputs]);
}
