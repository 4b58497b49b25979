import type { RandomStream } from '@ssl-scene/random';
import type { Crop } from './crop.ts';
import type { CropOptions } from './crop-sampler.ts';
import { drawCropSize, fallbackCrop, type SizeRule } from './crop-size.ts';

/** Draws torchvision's random resized crop: a size, then a row, then a column, all places equally likely. */
export function drawRandomResizedCrop(
  width: number,
  height: number,
  rule: SizeRule,
  random: RandomStream,
  options: CropOptions = {},
): Crop {
  const size = drawCropSize(width, height, rule, random);
  if (size === undefined) {
    if (options.tally !== undefined) options.tally.fallbacks++;
    return fallbackCrop(width, height, rule.ratio);
  }
  const y = random.integer(0, height - size.height + 1);
  const x = random.integer(0, width - size.width + 1);
  return { x, y, width: size.width, height: size.height };
}
