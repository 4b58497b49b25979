import type { Framework, PairSpec } from '@ssl-scene/frameworks';
import type { Optimiser } from '@ssl-scene/nn';
import type { GradientClipping } from './gradient-clipping.ts';
import type { ResolvedMasking } from './masking-options.ts';

/** What a step is made of: a framework, what it is to pair, and how its parameters follow their gradients. */
export interface Recipe {
  readonly framework: Framework;
  readonly pairs: readonly PairSpec[];
  readonly optimiser: Optimiser;
  /** Default: gradients are taken as they are. */
  readonly clipGradients?: GradientClipping;
  /** Masks that make the views that `pairs` name. Default: views are taken as they are. */
  readonly masking?: ResolvedMasking;
  /** See `jit`. Default `float32`. */
  readonly precision?: 'float32' | 'bfloat16';
}
