import type { Tensor } from '@ssl-scene/tensors';
import type { HighPassOptions } from './high-pass.ts';
import type { NoiseLookup, NoiseRequest, ViewNoise } from './mask-noise.ts';
import type { MaskKind } from './mask-plan.ts';

/** The way in which chosen patches hide what is below them without leaving hard edges. */
export interface Strategy {
  /** How many choices of patches an image needs: one, or one for each channel. */
  readonly choices: 1 | 3;
  /** The filter through which every view passes, masked or not. Default: none. */
  readonly filter?: HighPassOptions;
  /** What must be drawn beside the patches. */
  noise(request: NoiseRequest): ViewNoise;
  /**
   * Which pixels are replaced.
   *
   * @param patches (N, G, G, choices): 1 for chosen patches. @param view (N, H, W, 3). @returns (N, H, W, 3).
   */
  mask(patches: Tensor, view: Tensor, noise: NoiseLookup, kind: Exclude<MaskKind, 'none'>): Tensor;
  /** What they are replaced by, broadcast to the view. */
  fill(view: Tensor, noise: NoiseLookup): Tensor;
}
