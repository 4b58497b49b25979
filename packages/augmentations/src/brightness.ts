import type { Raster } from '@ssl-scene/geometry';
import { fillBlendTable } from './blend.ts';
import { lookUp } from './lookup.ts';
import { checkNumber } from './number-check.ts';
import { checkRaster, resultRaster } from './raster-check.ts';
import type { RasterOptions } from './raster-options.ts';
import { Workspace } from './workspace.ts';

/**
 * Multiplies every value by `factor` (0 black, 1 unchanged), as torchvision's `adjust_brightness` on Pillow images: single
 * precision, truncated, clipped.
 *
 * @throws BAD_RASTER, BAD_VALUE
 */
export function brightness(raster: Raster, factor: number, options: RasterOptions = {}): Raster {
  checkRaster(raster, 'brightness');
  checkNumber(factor, 0, Number.POSITIVE_INFINITY, 'brightness, factor');
  const { workspace = new Workspace() } = options;
  const out = resultRaster(options.out, raster.width, raster.height, 'brightness');
  const table = workspace.bytes('lookup', 256);
  fillBlendTable(0, factor, table);
  lookUp(raster.data, table, out.data);
  return out;
}
