import * as tf from '@tensorflow/tfjs';

/**
 * TensorFlow.js, the one copy that the whole suite uses: two copies would register two sets of backends and gradients.
 * Packages above this one import it from here and nowhere else.
 */
export { tf };

export type Tensor = tf.Tensor;

/** Tensors by name: parameters, running statistics, optimiser state. */
export type TensorDict = Readonly<Record<string, Tensor>>;
