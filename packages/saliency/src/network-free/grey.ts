import type { Raster } from '@ssl-scene/geometry';

/** Brightness from 0 to 255 by the weights of ITU-R BT.601, rounded. */
export function greyLevels({ width, height, data }: Raster): Float64Array {
  const levels = new Float64Array(width * height);
  for (let pixel = 0; pixel < levels.length; pixel++) {
    levels[pixel] = Math.round(0.299 * data[3 * pixel]! + 0.587 * data[3 * pixel + 1]! + 0.114 * data[3 * pixel + 2]!);
  }
  return levels;
}
