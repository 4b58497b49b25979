import type { Framework, PairSpec } from '@ssl-scene/frameworks';
import type { Optimiser } from '@ssl-scene/nn';
import type { GradientClipping } from './gradient-clipping.ts';

/** What a step is made of: a framework, what it is to pair, and how its parameters follow their gradients. */
export interface Recipe {
  readonly framework: Framework;
  readonly pairs: readonly PairSpec[];
  readonly optimiser: Optimiser;
  /** Default: gradients are taken as they are. */
  readonly clipGradients?: GradientClipping;
  /** See `jit`. Default `float32`. */
  readonly precision?: 'float32' | 'bfloat16';
}
