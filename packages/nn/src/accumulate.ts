import { type Tensor, type TensorDict, tf } from '@ssl-scene/tensors';

/**
 * Gradient accumulation: `sum + share · grads` by name. With a share of 1 / n, n batches of equal size add up to the
 * gradient of the mean loss over all of them. That is the gradient of one large batch only where images do not meet in
 * the loss or in batch norm: contrastive losses still see the negatives of their own small batch alone.
 *
 * @param sum what was added up so far; empty at the start.
 * @param grads of the next batch. A name that only one of the two has counts as zeros in the other.
 */
export function accumulate(sum: TensorDict, grads: TensorDict, share: number | Tensor): Record<string, Tensor> {
  const next: Record<string, Tensor> = { ...sum };
  for (const [name, gradient] of Object.entries(grads)) {
    const part = tf.mul(gradient, share);
    next[name] = sum[name] ? tf.add(sum[name], part) : part;
  }
  return next;
}
