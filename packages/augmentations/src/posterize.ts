import type { Raster } from '@ssl-scene/geometry';
import { lookUp } from './lookup.ts';
import { checkInteger } from './number-check.ts';
import { checkRaster, resultRaster } from './raster-check.ts';
import type { RasterOptions } from './raster-options.ts';
import { Workspace } from './workspace.ts';

/**
 * Keeps the upper `bits` (0 to 8) bits of every value, as torchvision's `posterize`.
 *
 * @throws BAD_RASTER, BAD_VALUE
 */
export function posterize(raster: Raster, bits: number, options: RasterOptions = {}): Raster {
  checkRaster(raster, 'posterize');
  checkInteger(bits, 0, 8, 'posterize, bits');
  const { workspace = new Workspace() } = options;
  const out = resultRaster(options.out, raster.width, raster.height, 'posterize');
  const table = workspace.bytes('lookup', 256);
  const mask = 0xff << (8 - bits);
  for (let value = 0; value < 256; value++) table[value] = value & mask;
  lookUp(raster.data, table, out.data);
  return out;
}
