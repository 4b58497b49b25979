import type { Raster } from '@ssl-scene/geometry';
import { countByChannel } from './histogram.ts';
import { lookUpByChannel } from './lookup.ts';
import { checkRaster, resultRaster } from './raster-check.ts';
import type { RasterOptions } from './raster-options.ts';
import { Workspace } from './workspace.ts';

/**
 * Stretches each channel so that its lowest value becomes 0 and its highest 255, as Pillow's `ImageOps.autocontrast`.
 *
 * @throws BAD_RASTER
 */
export function autocontrast(raster: Raster, options: RasterOptions = {}): Raster {
  checkRaster(raster, 'autocontrast');
  const { workspace = new Workspace() } = options;
  const out = resultRaster(options.out, raster.width, raster.height, 'autocontrast');
  const counts = workspace.integers('histogram', 768);
  const tables = workspace.bytes('lookup by channel', 768);
  fillAutocontrastTables(raster.data, counts, tables);
  lookUpByChannel(raster.data, tables, out.data);
  return out;
}

/** The three tables that `autocontrast` looks values up in. */
export function fillAutocontrastTables(pixels: Uint8Array, counts: Int32Array, tables: Uint8Array): void {
  countByChannel(pixels, counts);
  for (let start = 0; start < 768; start += 256) fillChannel(counts, start, tables);
}

function fillChannel(counts: Int32Array, start: number, tables: Uint8Array): void {
  let low = 0;
  while (counts[start + low] === 0) low++;
  let high = 255;
  while (counts[start + high] === 0) high--;
  const scale = high > low ? 255 / (high - low) : 1;
  const offset = high > low ? -low * scale : 0;
  for (let value = 0; value < 256; value++) {
    tables[start + value] = Math.min(255, Math.max(0, Math.trunc(value * scale + offset)));
  }
}
