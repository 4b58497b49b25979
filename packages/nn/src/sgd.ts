import { SceneError } from '@ssl-scene/errors';
import { tf } from '@ssl-scene/tensors';
import { checkRange } from './check.ts';
import { type ExclusionOptions, exclusion, type Optimiser, updateEach, zeroSlots } from './optimiser.ts';

export interface SgdOptions extends ExclusionOptions {
  /** Share of the last step's direction that is kept, in [0, 1]. Default 0. */
  readonly momentum?: number;
  /** Whether to look ahead by one step of momentum (Nesterov). Default false. */
  readonly nesterov?: boolean;
  /** Added to the gradient, times the parameter. Default 0. */
  readonly weightDecay?: number;
}

const MOMENTUM = 'momentum_buffer';

/**
 * Stochastic gradient descent in PyTorch's form: g ← g + λp, b ← μb + g, p ← p − ηb, with Nesterov p ← p − η(g + μb).
 * The rate multiplies the momentum when it is used, and is not stored in it.
 */
export function sgd(options: SgdOptions = {}): Optimiser {
  const { momentum = 0, nesterov = false, weightDecay = 0 } = options;
  checkRange('sgd', { momentum }, 0, 1);
  checkRange('sgd', { weightDecay }, 0, Number.POSITIVE_INFINITY);
  if (nesterov && momentum === 0) {
    throw new SceneError({
      code: 'OPTION',
      expected: 'a momentum above 0 with nesterov',
      found: '0',
      where: 'sgd',
      fix: 'Set momentum, or leave nesterov out.',
    });
  }
  const { groups, excludes } = exclusion('sgd', options);
  return {
    name: 'sgd',
    groups,
    init: (params) => (momentum === 0 ? {} : zeroSlots(params, MOMENTUM)),
    update: (params, grads, state, learningRate) =>
      updateEach(params, grads, state, learningRate, ({ name, value, gradient, rate, slot }) => {
        const decays = weightDecay !== 0 && !excludes(name);
        const direction = decays ? tf.add(gradient, tf.mul(value, weightDecay)) : gradient;
        if (momentum === 0) return { value: tf.sub(value, tf.mul(direction, rate)), slots: {} };
        const buffer = tf.add(tf.mul(slot(MOMENTUM), momentum), direction);
        const step = nesterov ? tf.add(direction, tf.mul(buffer, momentum)) : buffer;
        return { value: tf.sub(value, tf.mul(step, rate)), slots: { [MOMENTUM]: buffer } };
      }),
  };
}
