import { type Tensor, tf } from './tensor.ts';

/** exp(x) over its sum along the last axis, computed without overflow. */
export function softmax(x: Tensor): Tensor {
  return tf.softmax(x);
}

/** Logarithm of {@link softmax} along the last axis, never formed by taking a logarithm of it. */
export function logSoftmax(x: Tensor): Tensor {
  return tf.logSoftmax(x);
}

/**
 * log Σ exp(x) along an axis, computed without overflow; -∞ where every element is -∞.
 *
 * @param axis default: the last.
 * @param keepDimension whether the axis stays, with length 1. Default false.
 */
export function logSumExp(x: Tensor, axis = -1, keepDimension = false): Tensor {
  const index = axis < 0 ? x.rank + axis : axis;
  const kept = x.shape.map((length, position) => (position === index ? 1 : length));
  const reduce = tf.customGrad((...inputs: unknown[]) => {
    const [input, save] = inputs as [Tensor, tf.GradSaveFunc];
    // A maximum of -∞ would make ∞ - ∞ of every element.
    const largest = tf.maximum(tf.max(input, index, true), -3e38);
    const value = tf.add(tf.log(tf.sum(tf.exp(tf.sub(input, largest)), index, true)), largest);
    save([input, value]);
    const gradFunc = (dy: Tensor, saved: Tensor[]): Tensor => {
      const [input, value] = saved as [Tensor, Tensor];
      return tf.mul(dy, tf.exp(tf.sub(input, tf.maximum(value, -3e38))));
    };
    return { value, gradFunc };
  });
  const value = reduce(x);
  return keepDimension
    ? value
    : tf.reshape(
        value,
        kept.filter((_, position) => position !== index),
      );
}
