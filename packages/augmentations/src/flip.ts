import type { Raster } from '@ssl-scene/geometry';
import { checkRaster, resultRaster } from './raster-check.ts';
import type { RasterOptions } from './raster-options.ts';

/**
 * Mirrors left and right.
 *
 * @throws BAD_RASTER
 */
export function flipHorizontal(raster: Raster, options: RasterOptions = {}): Raster {
  checkRaster(raster, 'flipHorizontal');
  const { width, height } = raster;
  const out = resultRaster(options.out, width, height, 'flipHorizontal');
  const input = raster.data;
  const output = out.data;
  for (let row = 0; row < height; row++) {
    let left = row * width * 3;
    let right = left + (width - 1) * 3;
    for (; left <= right; left += 3, right -= 3) {
      for (let channel = 0; channel < 3; channel++) {
        const value = input[left + channel]!;
        output[left + channel] = input[right + channel]!;
        output[right + channel] = value;
      }
    }
  }
  return out;
}

/**
 * Mirrors top and bottom.
 *
 * @throws BAD_RASTER
 */
export function flipVertical(raster: Raster, options: RasterOptions = {}): Raster {
  checkRaster(raster, 'flipVertical');
  const { width, height } = raster;
  const out = resultRaster(options.out, width, height, 'flipVertical');
  const input = raster.data;
  const output = out.data;
  const stride = width * 3;
  for (let row = 0; row < (height + 1) >> 1; row++) {
    const top = row * stride;
    const bottom = (height - 1 - row) * stride;
    for (let i = 0; i < stride; i++) {
      const value = input[top + i]!;
      output[top + i] = input[bottom + i]!;
      output[bottom + i] = value;
    }
  }
  return out;
}
