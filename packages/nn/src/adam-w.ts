import { tf } from '@ssl-scene/tensors';
import { checkMoments, type MomentOptions, momentDirection, momentSlots } from './moments.ts';
import { type ExclusionOptions, exclusion, type Optimiser, updateEach } from './optimiser.ts';

/** `epsilon` is 1e-8 by default. */
export type AdamWOptions = MomentOptions & ExclusionOptions;

/** Adam with decoupled weight decay (Loshchilov & Hutter 2019), in PyTorch's form: p ← (1 − ηλ)p − η m̂ / (√v̂ + ε). */
export function adamW(options: AdamWOptions = {}): Optimiser {
  const { parameters, exclude, ...moments } = options;
  const checked = checkMoments('adamW', moments, 1e-8);
  const { weightDecay } = checked;
  const { groups, excludes } = exclusion('adamW', options);
  return {
    name: 'adamW',
    groups,
    init: momentSlots,
    update: (params, grads, state, learningRate) =>
      updateEach(params, grads, state, learningRate, (step) => {
        const { direction, slots } = momentDirection(step, step.gradient, checked);
        const decays = weightDecay !== 0 && !excludes(step.name);
        const kept = decays ? tf.mul(step.value, tf.sub(1, tf.mul(step.rate, weightDecay))) : step.value;
        return { value: tf.sub(kept, tf.mul(direction, step.rate)), slots };
      }),
  };
}
