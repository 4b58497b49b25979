import type { Raster } from '@ssl-scene/geometry';
import { lookUp } from './lookup.ts';
import { checkNumber } from './number-check.ts';
import { checkRaster, resultRaster } from './raster-check.ts';
import type { RasterOptions } from './raster-options.ts';
import { Workspace } from './workspace.ts';

/**
 * Inverts all values of at least `threshold` (0 inverts everything, 256 nothing), as torchvision's `solarize`.
 *
 * @throws BAD_RASTER, BAD_VALUE
 */
export function solarize(raster: Raster, threshold = 128, options: RasterOptions = {}): Raster {
  checkRaster(raster, 'solarize');
  checkNumber(threshold, 0, 256, 'solarize, threshold');
  const { workspace = new Workspace() } = options;
  const out = resultRaster(options.out, raster.width, raster.height, 'solarize');
  const table = workspace.bytes('lookup', 256);
  for (let value = 0; value < 256; value++) table[value] = value < threshold ? value : 255 - value;
  lookUp(raster.data, table, out.data);
  return out;
}
