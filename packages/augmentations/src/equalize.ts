import type { Raster } from '@ssl-scene/geometry';
import { countByChannel } from './histogram.ts';
import { lookUpByChannel } from './lookup.ts';
import { checkRaster, resultRaster } from './raster-check.ts';
import type { RasterOptions } from './raster-options.ts';
import { Workspace } from './workspace.ts';

/**
 * Spreads the values of each channel so that their histogram is as flat as it can be, as Pillow's `ImageOps.equalize`.
 *
 * @throws BAD_RASTER
 */
export function equalize(raster: Raster, options: RasterOptions = {}): Raster {
  checkRaster(raster, 'equalize');
  const { workspace = new Workspace() } = options;
  const out = resultRaster(options.out, raster.width, raster.height, 'equalize');
  const counts = workspace.integers('histogram', 768);
  const tables = workspace.bytes('lookup by channel', 768);
  fillEqualizeTables(raster.data, counts, tables);
  lookUpByChannel(raster.data, tables, out.data);
  return out;
}

/** The three tables that `equalize` looks values up in. */
export function fillEqualizeTables(pixels: Uint8Array, counts: Int32Array, tables: Uint8Array): void {
  countByChannel(pixels, counts);
  for (let start = 0; start < 768; start += 256) fillChannel(counts, start, pixels.length / 3, tables);
}

function fillChannel(counts: Int32Array, start: number, pixels: number, tables: Uint8Array): void {
  let last = 255;
  while (counts[start + last] === 0) last--;
  // The highest value is left out, so that it lands on 255 exactly. A channel of one value has step 0 and stays as it is.
  const step = Math.floor((pixels - counts[start + last]!) / 255);
  let reached = Math.floor(step / 2);
  for (let value = 0; value < 256; value++) {
    tables[start + value] = step === 0 ? value : Math.min(255, Math.floor(reached / step));
    reached += counts[start + value]!;
  }
}
