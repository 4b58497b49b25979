import type { Raster } from '@ssl-scene/geometry';
import { luma } from './luma.ts';
import { checkRaster, resultRaster } from './raster-check.ts';
import type { RasterOptions } from './raster-options.ts';

/**
 * Replaces every colour by its luma in all three channels, as torchvision's `to_grayscale(…, 3)` on Pillow images.
 *
 * @throws BAD_RASTER
 */
export function grayscale(raster: Raster, options: RasterOptions = {}): Raster {
  checkRaster(raster, 'grayscale');
  const out = resultRaster(options.out, raster.width, raster.height, 'grayscale');
  const input = raster.data;
  const output = out.data;
  const length = input.length;
  for (let i = 0; i < length; i += 3) {
    const grey = luma(input[i]!, input[i + 1]!, input[i + 2]!);
    output[i] = grey;
    output[i + 1] = grey;
    output[i + 2] = grey;
  }
  return out;
}
