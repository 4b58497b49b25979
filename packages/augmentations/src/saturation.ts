import type { Raster } from '@ssl-scene/geometry';
import { luma } from './luma.ts';
import { checkNumber } from './number-check.ts';
import { checkRaster, resultRaster } from './raster-check.ts';
import type { RasterOptions } from './raster-options.ts';
import { Workspace } from './workspace.ts';

const LEVELS = 256;

/**
 * Scales the distance of every colour from its own grey by `factor` (0 grey image, 1 unchanged), as torchvision's
 * `adjust_saturation` on Pillow images.
 *
 * @throws BAD_RASTER, BAD_VALUE
 */
export function saturation(raster: Raster, factor: number, options: RasterOptions = {}): Raster {
  checkRaster(raster, 'saturation');
  checkNumber(factor, 0, Number.POSITIVE_INFINITY, 'saturation, factor');
  const { workspace = new Workspace() } = options;
  const out = resultRaster(options.out, raster.width, raster.height, 'saturation');
  const scaled = workspace.table('scaled differences', () => new Float32Array(2 * LEVELS - 1));
  const single = Math.fround(factor);
  for (let difference = 1 - LEVELS; difference < LEVELS; difference++) {
    scaled[difference + LEVELS - 1] = single * difference;
  }
  saturate(raster.data, scaled, out.data);
  return out;
}

/** `blend` of every value with its pixel's luma, the product looked up by the difference of the two. */
function saturate(input: Uint8Array, scaled: Float32Array, out: Uint8Array): void {
  const length = input.length;
  for (let i = 0; i < length; i += 3) {
    const red = input[i]!;
    const green = input[i + 1]!;
    const blue = input[i + 2]!;
    const grey = luma(red, green, blue);
    const base = LEVELS - 1 - grey;
    out[i] = level(grey + scaled[base + red]!);
    out[i + 1] = level(grey + scaled[base + green]!);
    out[i + 2] = level(grey + scaled[base + blue]!);
  }
}

function level(sum: number): number {
  const value = Math.fround(sum);
  return value <= 0 ? 0 : value >= 255 ? 255 : value | 0;
}
