import { type Tensor, tf } from './tensor.ts';

/**
 * Lets tensors made inside a nested `tidy` leave it although they are not its return value: `hold` them inside, then
 * `adopt` them outside, where they belong to the scope that is open there.
 */
export function hold<T extends Tensor>(tensor: T): T {
  return tf.keep(tensor);
}

/** See {@link hold}. */
export function adopt(tensors: readonly Tensor[]): void {
  const engine = tf.engine() as unknown as { track(tensor: Tensor): Tensor };
  for (const tensor of tensors) {
    tensor.kept = false;
    engine.track(tensor);
  }
}
