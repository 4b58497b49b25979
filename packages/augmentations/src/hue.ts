import type { Raster } from '@ssl-scene/geometry';
import { type HueTables, makeHueTables } from './hue-tables.ts';
import { checkNumber } from './number-check.ts';
import { checkRaster, resultRaster } from './raster-check.ts';
import type { RasterOptions } from './raster-options.ts';
import { Workspace } from './workspace.ts';

/**
 * Turns the hue of every colour by `turn` of the full circle, as torchvision's `adjust_hue` on Pillow images: through 8-bit
 * HSV, so that even a turn of 0 changes some values by up to 5 levels.
 *
 * @param turn from -0.5 to 0.5
 * @throws BAD_RASTER, BAD_VALUE
 */
export function hue(raster: Raster, turn: number, options: RasterOptions = {}): Raster {
  checkRaster(raster, 'hue');
  checkNumber(turn, -0.5, 0.5, 'hue, turn');
  const { workspace = new Workspace() } = options;
  const out = resultRaster(options.out, raster.width, raster.height, 'hue');
  turnHues(raster.data, hueOffset(turn), workspace.table('hue', makeHueTables), out.data);
  return out;
}

/** What a turn adds to the hue byte: the fraction of 255 truncated toward zero, modulo 256. */
export function hueOffset(turn: number): number {
  return Math.trunc(turn * 255) & 255;
}

function turnHues(input: Uint8Array, offset: number, tables: HueTables, out: Uint8Array): void {
  const { hue, saturation, middle, largestChannel, middleChannel, smallestChannel } = tables;
  const length = input.length;
  for (let i = 0; i < length; i += 3) {
    const red = input[i]!;
    const green = input[i + 1]!;
    const blue = input[i + 2]!;
    const largest = red > green ? Math.max(red, blue) : Math.max(green, blue);
    const smallest = red < green ? Math.min(red, blue) : Math.min(green, blue);
    const chroma = largest - smallest;
    const fraction = saturation[(largest << 8) | chroma]!;
    if (fraction === 0) {
      out[i] = largest;
      out[i + 1] = largest;
      out[i + 2] = largest;
      continue;
    }
    let sextant: number;
    if (red === largest) sextant = blue === smallest ? 0 : 1;
    else if (green === largest) sextant = red === smallest ? 2 : 3;
    else sextant = green === smallest ? 4 : 5;
    const x = 2 * largest + smallest - red - green - blue;
    const turned = (hue[(((sextant << 8) | chroma) << 8) | x]! + offset) & 255;
    out[i + largestChannel[turned]!] = largest;
    out[i + middleChannel[turned]!] = (largest * (1 - fraction * middle[turned]!) + 0.5) | 0;
    out[i + smallestChannel[turned]!] = (largest * (1 - fraction) + 0.5) | 0;
  }
}
