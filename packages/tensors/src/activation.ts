import { attributes, nativeBackend } from './native-backend.ts';
import { type Tensor, tf } from './tensor.ts';

/** max(x, 0), with gradient 0 at 0. */
export function relu(x: Tensor): Tensor {
  const native = nativeBackend();
  if (!native) return tf.relu(x);
  const options = attributes(native, { T: { type: 'float32' } });
  // tfjs builds the gradient from `step`, which makes two arrays of the input's size; TensorFlow has an operation for it.
  const activation = tf.customGrad((...inputs: unknown[]) => {
    const [input, save] = inputs as [Tensor, tf.GradSaveFunc];
    const y = native.executeSingleOutput('Relu', options, [input]);
    save([y]);
    const gradFunc = (dy: Tensor, [y]: Tensor[]): Tensor => native.executeSingleOutput('ReluGrad', options, [dy, y!]);
    return { value: y, gradFunc };
  });
  return activation(x);
}

/** x·Φ(x) with Φ the normal distribution function, the exact form (Hendrycks and Gimpel, 2016), not its tanh approximation. */
export function gelu(x: Tensor): Tensor {
  const activation = tf.customGrad((...inputs: unknown[]) => {
    const [input, save] = inputs as [Tensor, tf.GradSaveFunc];
    save([input]);
    const gradFunc = (dy: Tensor, [input]: Tensor[]): Tensor => {
      const density = tf.mul(tf.exp(tf.mul(tf.square(input!), -0.5)), 1 / Math.sqrt(2 * Math.PI));
      return tf.mul(dy, tf.add(normalDistribution(input!), tf.mul(input!, density)));
    };
    return { value: tf.mul(input, normalDistribution(input)), gradFunc };
  });
  return activation(x);
}

const normalDistribution = (x: Tensor): Tensor => tf.mul(tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1), 0.5);
