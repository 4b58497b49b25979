import { type Tensor, tf } from './tensor.ts';

/**
 * Bilinear resize with half-pixel centres and no antialiasing, as PyTorch's `interpolate(mode='bilinear',
 * align_corners=False)`: the form in which feature maps are enlarged.
 *
 * The two passes are products with interpolation matrices, so that the gradient is that of a product on every backend.
 *
 * @param x (N, H, W, C). @param size [height, width] of the result.
 */
export function resizeBilinear(x: Tensor, [height, width]: readonly [number, number]): Tensor {
  const [batch, inputHeight, inputWidth, channels] = x.shape as [number, number, number, number];
  const vertical = tf.tensor3d(interpolationMatrix(inputHeight, height), [1, height, inputHeight]);
  const horizontal = tf.tensor3d(interpolationMatrix(inputWidth, width), [1, width, inputWidth]);
  const rows = tf.matMul(vertical, tf.reshape(x, [batch, inputHeight, inputWidth * channels]));
  const columns = tf.matMul(horizontal, tf.reshape(rows, [batch * height, inputWidth, channels]));
  return tf.reshape(columns, [batch, height, width, channels]);
}

/** Row i holds the weights with which output i draws from the inputs. */
function interpolationMatrix(inputs: number, outputs: number): Float32Array {
  const matrix = new Float32Array(outputs * inputs);
  for (let output = 0; output < outputs; output++) {
    const source = Math.max(((output + 0.5) * inputs) / outputs - 0.5, 0);
    const low = Math.min(Math.floor(source), inputs - 1);
    const high = Math.min(low + 1, inputs - 1);
    const fraction = source - low;
    matrix[output * inputs + low]! += 1 - fraction;
    matrix[output * inputs + high]! += fraction;
  }
  return matrix;
}
