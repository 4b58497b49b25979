import { tf } from '@ssl-scene/tensors';
import { patchPixels } from './patch-grid.ts';
import type { Strategy } from './strategy.ts';

/** Patches take the mean of the whole view, each channel and image its own. */
export interface MeanStrategySpec {
  readonly kind: 'mean';
}

export function meanStrategy(): Strategy {
  return {
    choices: 1,
    noise: () => ({}),
    // The same for all channels, since masks of the view's own shape are applied twice as fast as those to broadcast.
    mask: (patches, view) => patchPixels(tf.tile(patches, [1, 1, 1, view.shape[3]!]), [view.shape[1]!, view.shape[2]!]),
    fill: (view) => tf.mean(view, [1, 2], true),
  };
}
