import type { Raster } from '@ssl-scene/geometry';
import { fillBlendTable } from './blend.ts';
import { lookUp } from './lookup.ts';
import { lumaSum } from './luma.ts';
import { checkNumber } from './number-check.ts';
import { checkRaster, resultRaster } from './raster-check.ts';
import type { RasterOptions } from './raster-options.ts';
import { Workspace } from './workspace.ts';

/**
 * Scales the distance of every value from the image's mean luma, rounded to a whole level, by `factor` (0 uniform grey,
 * 1 unchanged), as torchvision's `adjust_contrast` on Pillow images.
 *
 * @throws BAD_RASTER, BAD_VALUE
 */
export function contrast(raster: Raster, factor: number, options: RasterOptions = {}): Raster {
  checkRaster(raster, 'contrast');
  checkNumber(factor, 0, Number.POSITIVE_INFINITY, 'contrast, factor');
  const { workspace = new Workspace() } = options;
  const out = resultRaster(options.out, raster.width, raster.height, 'contrast');
  const table = workspace.bytes('lookup', 256);
  fillBlendTable(meanLevel(lumaSum(raster.data), raster.width * raster.height), factor, table);
  lookUp(raster.data, table, out.data);
  return out;
}

/** The whole level nearest to the mean, as Pillow's `ImageEnhance.Contrast` rounds it. */
export function meanLevel(lumaTotal: number, pixels: number): number {
  return Math.floor(lumaTotal / pixels + 0.5);
}
