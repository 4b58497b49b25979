import { tf } from '@ssl-scene/tensors';
import { checkRange } from './check.ts';
import { clipByJointNorm } from './clip-gradients.ts';
import { norm, ratioOrOne } from './lars.ts';
import type { ParameterSpec } from './module.ts';
import { checkMoments, type MomentOptions, momentDirection, momentSlots } from './moments.ts';
import { type ExclusionOptions, exclusion, isBiasOrNorm, type Optimiser, updateEach } from './optimiser.ts';

/** `epsilon` is 1e-6 by default. */
export interface LambOptions extends MomentOptions, ExclusionOptions {
  /** What the parameters are. */
  readonly parameters: readonly ParameterSpec[];
  /** Parameters without decay and without a rate of their own. Default {@link isBiasOrNorm}. */
  readonly exclude?: (spec: ParameterSpec) => boolean;
  /** Gradients are scaled down together where their joint norm is larger. Default: never. */
  readonly maxGradNorm?: number;
}

/**
 * Layer-wise rates on Adam's direction (You et al. 2020): u = m̂ / (√v̂ + ε) + λp, p ← p − η (‖p‖ / ‖u‖) u. The ratio
 * is 1 for excluded parameters, without weight decay (as in timm), and where a norm is 0.
 */
export function lamb(options: LambOptions): Optimiser {
  const { parameters, exclude = isBiasOrNorm, maxGradNorm = Number.POSITIVE_INFINITY, ...moments } = options;
  const checked = checkMoments('lamb', moments, 1e-6);
  const { weightDecay } = checked;
  checkRange('lamb', { maxGradNorm }, 0, Number.POSITIVE_INFINITY);
  const { groups, excludes } = exclusion('lamb', { parameters, exclude });
  return {
    name: 'lamb',
    groups,
    init: momentSlots,
    update: (params, grads, state, learningRate) => {
      const clipped = maxGradNorm === Number.POSITIVE_INFINITY ? grads : clipByJointNorm(grads, maxGradNorm);
      return updateEach(params, clipped, state, learningRate, (step) => {
        const { direction, slots } = momentDirection(step, step.gradient, checked);
        const adapts = weightDecay !== 0 && !excludes(step.name);
        const update = adapts ? tf.add(direction, tf.mul(step.value, weightDecay)) : direction;
        const rate = adapts ? tf.mul(ratioOrOne(norm(step.value), norm(update), 1), step.rate) : step.rate;
        return { value: tf.sub(step.value, tf.mul(update, rate)), slots };
      });
    },
  };
}
