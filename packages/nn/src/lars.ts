import { type Tensor, tf } from '@ssl-scene/tensors';
import { checkRange } from './check.ts';
import type { ParameterSpec } from './module.ts';
import { type ExclusionOptions, exclusion, isBiasOrNorm, type Optimiser, updateEach, zeroSlots } from './optimiser.ts';

export interface LarsOptions extends ExclusionOptions {
  /** What the parameters are. */
  readonly parameters: readonly ParameterSpec[];
  /** Parameters without decay and without a rate of their own. Default {@link isBiasOrNorm}. */
  readonly exclude?: (spec: ParameterSpec) => boolean;
  /** Share of the last step that is kept, in [0, 1]. Default 0.9. */
  readonly momentum?: number;
  /** Default 0. */
  readonly weightDecay?: number;
  /** Trust coefficient η. Default 0.001. */
  readonly eta?: number;
  /**
   * Where weight decay enters: `openSelfSup` has rates η‖p‖ / (‖g‖ + λ‖p‖), `simclr` adds λp to g first and has
   * η‖p‖ / ‖g‖. Default `openSelfSup`.
   */
  readonly form?: 'openSelfSup' | 'simclr';
}

const MOMENTUM = 'momentum_buffer';

/**
 * Layer-wise adaptive rates (You et al. 2017): d = η' (g + λp) with a factor per tensor, b ← μb + rate·d, p ← p − b.
 * The factor is 1 where it would divide zero or by zero.
 */
export function lars(options: LarsOptions): Optimiser {
  const { momentum = 0.9, weightDecay = 0, eta = 0.001, form = 'openSelfSup', exclude = isBiasOrNorm } = options;
  checkRange('lars', { momentum }, 0, 1);
  checkRange('lars', { weightDecay, eta }, 0, Number.POSITIVE_INFINITY);
  const { groups, excludes } = exclusion('lars', { parameters: options.parameters, exclude });
  const decayed = (value: Tensor, gradient: Tensor): Tensor =>
    weightDecay === 0 ? gradient : tf.add(gradient, tf.mul(value, weightDecay));
  const trust = (value: Tensor, gradient: Tensor, direction: Tensor): Tensor => {
    const size = norm(value);
    const plain = form === 'simclr' || weightDecay === 0;
    const against = plain ? norm(direction) : tf.add(norm(gradient), tf.mul(size, weightDecay));
    return ratioOrOne(size, against, eta);
  };
  return {
    name: 'lars',
    groups,
    init: (params) => zeroSlots(params, MOMENTUM),
    update: (params, grads, state, learningRate) =>
      updateEach(params, grads, state, learningRate, ({ name, value, gradient, rate, slot }) => {
        const direction = excludes(name) ? gradient : decayed(value, gradient);
        const factor = excludes(name) ? rate : tf.mul(trust(value, gradient, direction), rate);
        const buffer = tf.add(tf.mul(slot(MOMENTUM), momentum), tf.mul(direction, factor));
        return { value: tf.sub(value, buffer), slots: { [MOMENTUM]: buffer } };
      }),
  };
}

/** Euclidean length of all elements. */
export function norm(tensor: Tensor): Tensor {
  return tf.sqrt(tf.sum(tf.square(tensor)));
}

/** factor · a / b, and 1 where a or b is 0. */
export function ratioOrOne(a: Tensor, b: Tensor, factor: number): Tensor {
  const usable = tf.logicalAnd(tf.greater(a, 0), tf.greater(b, 0));
  const one = tf.onesLike(a);
  return tf.where(usable, tf.div(tf.mul(a, factor), tf.where(usable, b, one)), one);
}
