import { type Tensor, tf } from './tensor.ts';

/**
 * What `compute` gives, as a constant: no gradient flows to anything it was computed from, and nothing is recorded for one.
 */
export function untaped(compute: () => Tensor): Tensor {
  // A function of no inputs has no gradient to hand on, and tfjs tapes nothing inside of it.
  const constant = tf.customGrad((..._none: unknown[]) => ({ value: compute(), gradFunc: () => [] }));
  return constant();
}
