import { type Tensor, type TensorDict, tf } from '@ssl-scene/tensors';
import { checkRange } from './check.ts';
import { type Step, zeroSlots } from './optimiser.ts';

export interface MomentOptions {
  /** Share of the running mean of gradients that is kept. Default 0.9. */
  readonly beta1?: number;
  /** Share of the running mean of squared gradients that is kept. Default 0.999. */
  readonly beta2?: number;
  /** Added to the root of the second moment. */
  readonly epsilon?: number;
  /** Default 0.01. */
  readonly weightDecay?: number;
}

export type CheckedMoments = Required<MomentOptions>;

/** Adam's moments: what AdamW and LAMB have in common. */
export function checkMoments(where: string, options: MomentOptions, epsilon: number): CheckedMoments {
  const checked = { beta1: 0.9, beta2: 0.999, epsilon, weightDecay: 0.01, ...options };
  checkRange(where, { beta1: checked.beta1, beta2: checked.beta2 }, 0, 1 - Number.EPSILON);
  checkRange(where, { epsilon: checked.epsilon, weightDecay: checked.weightDecay }, 0, Number.POSITIVE_INFINITY);
  return checked;
}

const FIRST = 'exp_avg';
const SECOND = 'exp_avg_sq';
const COUNT = 'step';

/** Moments of 0, and a count of steps per parameter, since a parameter without gradient is skipped. */
export function momentSlots(params: TensorDict): Record<string, Tensor> {
  const counts = Object.keys(params).map((name) => [`${COUNT}.${name}`, tf.scalar(0)] as const);
  return { ...zeroSlots(params, FIRST, SECOND), ...Object.fromEntries(counts) };
}

/** Adam's direction m̂ / (√v̂ + ε), and the moved moments. */
export function momentDirection(
  { slot }: Pick<Step, 'slot'>,
  gradient: Tensor,
  { beta1, beta2, epsilon }: CheckedMoments,
): { readonly direction: Tensor; readonly slots: Readonly<Record<string, Tensor>> } {
  const count = tf.add(slot(COUNT), 1);
  const first = tf.add(tf.mul(slot(FIRST), beta1), tf.mul(gradient, 1 - beta1));
  const second = tf.add(tf.mul(slot(SECOND), beta2), tf.mul(tf.square(gradient), 1 - beta2));
  const root = tf.sqrt(tf.div(second, oneMinusPower(beta2, count)));
  const direction = tf.div(tf.div(first, oneMinusPower(beta1, count)), tf.add(root, epsilon));
  return { direction, slots: { [FIRST]: first, [SECOND]: second, [COUNT]: count } };
}

/** 1 − base^count without the cancellation that costs float32 three digits in the first steps. */
function oneMinusPower(base: number, count: Tensor): Tensor {
  return base === 0 ? tf.onesLike(count) : tf.neg(tf.expm1(tf.mul(count, Math.log(base))));
}
