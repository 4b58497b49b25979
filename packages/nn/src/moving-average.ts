import { SceneError } from '@ssl-scene/errors';
import { type Tensor, type TensorDict, tf } from '@ssl-scene/tensors';

/**
 * Exponential moving average: m · target + (1 − m) · online for every tensor of `target`. With m = 0 the result equals
 * `online` exactly, with m = 1 `target`.
 *
 * @param target the averages so far.
 * @param online the values that they follow, under the same names; further ones are ignored.
 * @param momentum m in [0, 1]; a scalar tensor where it changes from step to step.
 */
export function emaUpdate(target: TensorDict, online: TensorDict, momentum: Tensor | number): Record<string, Tensor> {
  const rest = tf.sub(1, momentum);
  const average = (name: string, old: Tensor): Tensor => {
    const latest = online[name];
    if (latest) return tf.add(tf.mul(old, momentum), tf.mul(latest, rest));
    throw new SceneError({
      code: 'VARIABLE_ABSENT',
      expected: `an online value of ${JSON.stringify(name)}`,
      found: `none among ${Object.keys(online).length}`,
      where: 'emaUpdate',
      fix: 'Pass dictionaries with the same names.',
    });
  };
  return Object.fromEntries(Object.entries(target).map(([name, old]) => [name, average(name, old)]));
}
