import { type Tensor, tf } from './tensor.ts';

/**
 * Rows scaled to length 1: x / max(‖x‖, ε), as PyTorch's `normalize`. A row no longer than ε has no direction to speak
 * of: it is divided by ε, and its gradient is 0 where PyTorch's would be the incoming one over ε.
 *
 * @param x any shape; the last axis is normalised.
 * @param epsilon shortest length that counts as one. Default 1e-12; its square must be a float32.
 */
export function l2Normalize(x: Tensor, epsilon = 1e-12): Tensor {
  const shortest = epsilon * epsilon;
  const normalise = tf.customGrad((...inputs: unknown[]) => {
    const [input, save] = inputs as [Tensor, tf.GradSaveFunc];
    const squared = tf.sum(tf.square(input), -1, true);
    const inverse = tf.rsqrt(tf.maximum(squared, shortest));
    const y = tf.mul(input, inverse);
    save([y, inverse, tf.cast(tf.greater(squared, shortest), 'float32')]);
    const gradFunc = (dy: Tensor, saved: Tensor[]): Tensor => {
      const [y, inverse, hasDirection] = saved as [Tensor, Tensor, Tensor];
      const along = tf.mul(y, tf.sum(tf.mul(dy, y), -1, true));
      return tf.mul(tf.sub(dy, along), tf.mul(inverse, hasDirection));
    };
    return { value: y, gradFunc };
  });
  return normalise(x);
}
