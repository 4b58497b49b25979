import { type Tensor, tf } from '@ssl-scene/tensors';
import { boxMask } from './box-mask.ts';
import { checkChoice, checkNumber, type Range } from './check-option.ts';
import { checkKernel } from './gaussian-blur.ts';
import type { HighPassOptions } from './high-pass.ts';
import { drawHighPassNoise, type HighPassSettings } from './high-pass-noise.ts';
import type { NoiseLookup } from './mask-noise.ts';
import { patchPixels, type Size } from './patch-grid.ts';
import type { Strategy } from './strategy.ts';

/** All views lose their low frequencies; patches are filled with noise, in which edges no longer show. */
export interface HighPassStrategySpec extends HighPassOptions {
  readonly kind: 'high-pass';
  /** Standard deviation of the noise in positives and negatives. Default: 0.18 and 0.14. */
  readonly noise?: { readonly positive?: number; readonly negative?: number };
  /**
   * Chance that an image is masked by a window instead of patches: what surrounds a positive's window is hidden, and what
   * lies inside a negative's. Default: 0.2.
   */
  readonly focal?: number;
  /** Chance that an image of the others loses all channels of a patch together, not each channel its own. Default: 0.3. */
  readonly spatial?: number;
  /** Side of the window as a share of the image's. Default: 200/224 for positives and 130/224 for negatives. */
  readonly window?: { readonly positive?: number; readonly negative?: number };
  /**
   * What noise is drawn for each image: `focal`, what surrounds windows, while one tile per batch fills all patches (the
   * released code); `all`, every patch, which costs as many random numbers as the batch has values; `none`, all is shared by
   * the batch. Default: `focal`.
   */
  readonly freshNoise?: 'none' | 'focal' | 'all';
}

/** @param grid patches per side, which the tiles fit. */
export function highPassStrategy(spec: HighPassStrategySpec, grid: number): Strategy {
  const settings = settingsOf(spec);
  return {
    choices: 3,
    filter: {
      ...(spec.kernel !== undefined && { kernel: spec.kernel }),
      ...(spec.sigma !== undefined && { sigma: spec.sigma }),
    },
    noise: (request) => drawHighPassNoise(request, settings, grid),
    mask: (patches, view, noise, kind) => {
      const size: Size = [view.shape[1]!, view.shape[2]!];
      const { focal, spatial, channel } = modesOf(noise);
      const together = tf.slice(patches, [0, 0, 0, 0], [-1, -1, -1, 1]);
      const chosen = tf.add(tf.mul(patches, channel), tf.mul(together, spatial));
      const inside = boxMask(noise('window'), size);
      const hidden = kind === 'negative' ? inside : tf.sub(1, inside);
      return tf.add(patchPixels(chosen, size), tf.mul(hidden, focal));
    },
    fill: (_view, noise) => (settings.freshNoise === 'all' ? noise('fill') : sharedFill(noise)),
  };
}

function settingsOf(spec: HighPassStrategySpec): HighPassSettings {
  const { focal = 0.2, spatial = 0.3, freshNoise = 'focal' } = spec;
  const noise = { positive: 0.18, negative: 0.14, ...spec.noise };
  const window = { positive: 200 / 224, negative: 130 / 224, ...spec.window };
  const check = (name: string, value: number, range: Range): void =>
    checkNumber('high-pass strategy', name, value, range);
  checkKernel({ kernel: 11, sigma: 5, ...spec });
  check('focal', focal, [0, 1]);
  check('spatial', spatial, [0, 1]);
  check('noise.positive', noise.positive, [0, Number.POSITIVE_INFINITY]);
  check('noise.negative', noise.negative, [0, Number.POSITIVE_INFINITY]);
  check('window.positive', window.positive, [0, 1]);
  check('window.negative', window.negative, [0, 1]);
  checkChoice('high-pass strategy', 'freshNoise', freshNoise, ['none', 'focal', 'all']);
  return { focal, spatial, noise, window, freshNoise };
}

/** Each (N, 1, 1, 1): 1 for the images of that mode. */
function modesOf(noise: NoiseLookup): { focal: Tensor; spatial: Tensor; channel: Tensor } {
  const [focal, spatial, channel] = tf.split(tf.reshape(noise('mode'), [-1, 1, 1, 3]), 3, 3) as [
    Tensor,
    Tensor,
    Tensor,
  ];
  return { focal, spatial, channel };
}

/** Tiles that the batch shares, and the noise of windows. */
function sharedFill(noise: NoiseLookup): Tensor {
  const { focal, spatial, channel } = modesOf(noise);
  const inPatches = tf.add(tf.mul(noise('spatialTile'), spatial), tf.mul(noise('channelTile'), channel));
  return tf.add(inPatches, tf.mul(noise('surroundings'), focal));
}
