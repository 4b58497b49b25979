import { SceneError } from '@ssl-scene/errors';
import type { Raster } from '@ssl-scene/geometry';
import { checkNumber } from './number-check.ts';
import { checkRaster } from './raster-check.ts';

/** One number per channel: red, green, blue. */
export type ChannelValues = readonly [number, number, number];

/** The normalisation as one multiplication and one addition a value, in single precision. */
export interface ChannelScale {
  /** 1 / (255 * std) */
  readonly scale: Float32Array;
  /** -mean / std */
  readonly offset: Float32Array;
}

/**
 * `(value / 255 - mean) / std` for every channel, as `ToTensor` and `Normalize` of torchvision do, in the order of the raster
 * (height, width, channel). Computed in single precision as `value * scale + offset`; differs from the exact quotient by less
 * than 5e-7 for the usual means and deviations.
 *
 * @param mean of each channel, for values scaled to [0, 1]
 * @param std of each channel, likewise
 * @param out receives the result; default: a new array
 * @throws BAD_RASTER, BAD_VALUE, BAD_SIZE
 */
export function normalise(
  raster: Raster,
  mean: ChannelValues,
  std: ChannelValues,
  out: Float32Array = new Float32Array(raster.data.length),
): Float32Array {
  checkRaster(raster, 'normalise');
  checkOutputLength(out.length, raster.data.length, 'normalise, out');
  const { scale, offset } = channelScale(mean, std);
  const table = new Float32Array(768);
  for (let entry = 0; entry < 768; entry++) {
    const channel = entry >> 8;
    table[entry] = Math.fround((entry & 255) * scale[channel]!) + offset[channel]!;
  }
  const input = raster.data;
  const length = input.length;
  for (let i = 0; i < length; i += 3) {
    out[i] = table[input[i]!]!;
    out[i + 1] = table[256 + input[i + 1]!]!;
    out[i + 2] = table[512 + input[i + 2]!]!;
  }
  return out;
}

/** Scale and offset of each channel, rounded to single precision. */
export function channelScale(mean: ChannelValues, std: ChannelValues): ChannelScale {
  const scale = new Float32Array(3);
  const offset = new Float32Array(3);
  for (let channel = 0; channel < 3; channel++) {
    checkNumber(mean[channel]!, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, 'normalise, mean');
    checkNumber(std[channel]!, Number.MIN_VALUE, Number.POSITIVE_INFINITY, 'normalise, std');
    scale[channel] = 1 / (255 * std[channel]!);
    offset[channel] = -mean[channel]! / std[channel]!;
  }
  return { scale, offset };
}

/** Throws unless an output array has exactly the length of what is written to it. */
export function checkOutputLength(length: number, expected: number, where: string): void {
  if (length === expected) return;
  throw new SceneError({
    code: 'BAD_SIZE',
    expected: `an array of ${expected} values`,
    found: `${length}`,
    where,
    fix: 'Pass a subarray of exactly this length, or none.',
  });
}
