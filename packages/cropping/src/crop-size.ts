import type { RandomStream } from '@ssl-scene/random';
import type { Crop } from './crop.ts';
import type { Range } from './crop-spec.ts';
import { roundHalfEven } from './rounding.ts';

/** Width and height of a crop in whole pixels. */
export interface CropSize {
  readonly width: number;
  readonly height: number;
}

/** Options of a random size, all decided. */
export interface SizeRule {
  readonly scale: Range;
  readonly ratio: Range;
  readonly tries: number;
}

/**
 * The size that a share of the image's area and an aspect ratio (width / height) give, each side rounded half to even.
 * The size may be larger than the image or 0; see `fits`.
 */
export function cropSize(width: number, height: number, areaFraction: number, ratio: number): CropSize {
  return sizeOfArea(areaFraction * width * height, ratio);
}

/** Whether a crop of this size has an area and fits into the image. */
export function fits(size: CropSize, width: number, height: number): boolean {
  return size.width > 0 && size.width <= width && size.height > 0 && size.height <= height;
}

/** Draws a size, area first, then ratio; it may not fit. */
export function drawSize(
  width: number,
  height: number,
  { scale, ratio }: Pick<SizeRule, 'scale' | 'ratio'>,
  random: RandomStream,
): CropSize {
  const area = width * height * uniform(random, scale[0], scale[1]);
  return sizeOfArea(area, Math.exp(uniform(random, Math.log(ratio[0]), Math.log(ratio[1]))));
}

/** Draws sizes until one fits (`rule.tries` at most); undefined where none did. */
export function drawCropSize(
  width: number,
  height: number,
  rule: SizeRule,
  random: RandomStream,
): CropSize | undefined {
  for (let attempt = 0; attempt < rule.tries; attempt++) {
    const size = drawSize(width, height, rule, random);
    if (fits(size, width, height)) return size;
  }
  return undefined;
}

/** What torchvision takes where no size fitted: the largest centred crop whose aspect ratio is in the range. */
export function fallbackCrop(width: number, height: number, ratio: Range): Crop {
  const [lowest, highest] = ratio;
  let size = { width, height };
  if (width / height < lowest) size = { width, height: atLeastOne(roundHalfEven(width / lowest), height) };
  else if (width / height > highest) size = { width: atLeastOne(roundHalfEven(height * highest), width), height };
  return {
    x: Math.floor((width - size.width) / 2),
    y: Math.floor((height - size.height) / 2),
    width: size.width,
    height: size.height,
  };
}

/** A range of one value is no reason to draw. */
function uniform(random: RandomStream, low: number, high: number): number {
  return low === high ? low : random.uniform(low, high);
}

function sizeOfArea(area: number, ratio: number): CropSize {
  return { width: roundHalfEven(Math.sqrt(area * ratio)), height: roundHalfEven(Math.sqrt(area / ratio)) };
}

/** Extreme ratios would round a side to nothing. */
function atLeastOne(side: number, limit: number): number {
  return Math.min(Math.max(side, 1), limit);
}
