import type { Operation } from '@ssl-scene/augmentations';

/** Bits of `Batch.flips`. */
export const MIRRORED_LEFT_RIGHT = 1;
export const MIRRORED_TOP_BOTTOM = 2;
/** The view was turned by an angle, so that boxes of it are no boxes of the image. */
export const TURNED = 4;

/** What a list of operations does to places in the view, as bits. */
export function flipsOf(operations: readonly Operation[]): number {
  let flips = 0;
  for (const { kind } of operations) {
    if (kind === 'horizontal-flip') flips ^= MIRRORED_LEFT_RIGHT;
    else if (kind === 'vertical-flip') flips ^= MIRRORED_TOP_BOTTOM;
    else if (kind === 'rotate') flips |= TURNED;
  }
  return flips;
}
