import { SceneError } from '@ssl-scene/errors';
import type { Raster } from '@ssl-scene/geometry';
import { exactCosineAndSine } from './exact-trigonometry.ts';
import { checkInteger, checkNumber } from './number-check.ts';
import { checkRaster, resultRaster } from './raster-check.ts';
import type { RasterOptions } from './raster-options.ts';
import { Workspace } from './workspace.ts';

/** How pixels between the grid's points are taken when rotating. */
export type RotationFilter = 'nearest' | 'bilinear';

/** Options of `rotate`. */
export interface RotateOptions extends RasterOptions {
  /** Default: `nearest`, as torchvision's rotations. */
  readonly filter?: RotationFilter;
  /** Level (0 to 255) of what comes from outside the image. Default: 0. */
  readonly fill?: number;
}

/** Output (x, y) takes its pixel from (xx x + xy y + x0, yx x + yy y + y0), both in pixel edges. */
interface Affine {
  readonly xx: number;
  readonly xy: number;
  readonly x0: number;
  readonly yx: number;
  readonly yy: number;
  readonly y0: number;
}

/** Fraction bits of Pillow's fixed-point coordinates. */
const FIXED_BITS = 16;

/**
 * Turns the image counter-clockwise about its centre, size kept, as Pillow's `Image.rotate` (and torchvision's `rotate`) does.
 *
 * @param degrees any finite number
 * @throws BAD_RASTER, BAD_VALUE
 */
export function rotate(raster: Raster, degrees: number, options: RotateOptions = {}): Raster {
  checkRaster(raster, 'rotate');
  checkNumber(degrees, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, 'rotate, degrees');
  const { filter = 'nearest', fill = 0, workspace = new Workspace() } = options;
  checkInteger(fill, 0, 255, 'rotate, fill');
  const { width, height } = raster;
  const out = resultRaster(options.out, width, height, 'rotate');
  const source = workspace.bytes('rotate', raster.data.length);
  source.set(raster.data);
  const remainder = degrees % 360;
  const turn = remainder < 0 ? remainder + 360 : remainder;
  if (turn === 0 || turn === 360) out.data.set(raster.data);
  else if (turn === 180) turnAround(source, width * height, out.data);
  else if (width === height && turn % 90 === 0) turnQuarter(source, width, turn === 90, out.data);
  else if (filter === 'nearest') sampleNearest(source, width, height, rotation(turn, width, height), fill, out.data);
  else if (filter === 'bilinear') sampleBilinear(source, width, height, rotation(turn, width, height), fill, out.data);
  else throw unknownFilter(filter);
  return out;
}

function turnAround(source: Uint8Array, pixels: number, out: Uint8Array): void {
  for (let pixel = 0; pixel < pixels; pixel++) copyPixel(source, pixels - 1 - pixel, out, pixel);
}

function turnQuarter(source: Uint8Array, side: number, counterClockwise: boolean, out: Uint8Array): void {
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      const from = counterClockwise ? column * side + side - 1 - row : (side - 1 - column) * side + row;
      copyPixel(source, from, out, row * side + column);
    }
  }
}

function copyPixel(source: Uint8Array, from: number, out: Uint8Array, to: number): void {
  out[to * 3] = source[from * 3]!;
  out[to * 3 + 1] = source[from * 3 + 1]!;
  out[to * 3 + 2] = source[from * 3 + 2]!;
}

/** Pillow rounds sine and cosine to 15 decimals. */
function round15(value: number): number {
  return Number(value.toFixed(15));
}

function rotation(degrees: number, width: number, height: number): Affine {
  const exact = exactCosineAndSine(-degrees * (Math.PI / 180));
  const cosine = round15(exact.cosine);
  const sine = round15(exact.sine);
  const negativeSine = -sine;
  const centreX = width / 2;
  const centreY = height / 2;
  return {
    xx: cosine,
    xy: sine,
    x0: cosine * -centreX + sine * -centreY + centreX,
    yx: negativeSine,
    yy: cosine,
    y0: negativeSine * -centreX + cosine * -centreY + centreY,
  };
}

function fixed(value: number): number {
  return Math.floor(value * 2 ** FIXED_BITS + 0.5);
}

/** Pillow's nearest neighbour, in 16.16 fixed point. */
function sampleNearest(
  source: Uint8Array,
  width: number,
  height: number,
  map: Affine,
  fill: number,
  out: Uint8Array,
): void {
  const stepX = fixed(map.xx);
  const stepY = fixed(map.yx);
  let rowX = fixed(map.x0 + map.xx * 0.5 + map.xy * 0.5);
  let rowY = fixed(map.y0 + map.yx * 0.5 + map.yy * 0.5);
  for (let row = 0; row < height; row++) {
    let x = rowX;
    let y = rowY;
    for (let column = 0; column < width; column++) {
      const sourceX = x >> FIXED_BITS;
      const sourceY = y >> FIXED_BITS;
      const target = (row * width + column) * 3;
      if (sourceX >= 0 && sourceX < width && sourceY >= 0 && sourceY < height) {
        copyPixel(source, sourceY * width + sourceX, out, row * width + column);
      } else {
        out.fill(fill, target, target + 3);
      }
      x += stepX;
      y += stepY;
    }
    rowX += fixed(map.xy);
    rowY += fixed(map.yy);
  }
}

/** Pillow's bilinear sampling; pixels whose centre falls outside the image are filled. */
function sampleBilinear(
  source: Uint8Array,
  width: number,
  height: number,
  map: Affine,
  fill: number,
  out: Uint8Array,
): void {
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const x = map.xx * (column + 0.5) + map.xy * (row + 0.5) + map.x0;
      const y = map.yx * (column + 0.5) + map.yy * (row + 0.5) + map.y0;
      const target = (row * width + column) * 3;
      if (x < 0 || x >= width || y < 0 || y >= height) out.fill(fill, target, target + 3);
      else interpolate(source, width, height, x - 0.5, y - 0.5, out, target);
    }
  }
}

function interpolate(
  source: Uint8Array,
  width: number,
  height: number,
  x: number,
  y: number,
  out: Uint8Array,
  target: number,
): void {
  const column = Math.floor(x);
  const row = Math.floor(y);
  const left = Math.max(column, 0) * 3;
  const right = Math.min(column + 1, width - 1) * 3;
  const top = Math.max(row, 0) * width * 3;
  const bottom = Math.min(row + 1, height - 1) * width * 3;
  const dx = x - column;
  const dy = y - row;
  for (let channel = 0; channel < 3; channel++) {
    const upper = mix(source[top + left + channel]!, source[top + right + channel]!, dx);
    const lower = mix(source[bottom + left + channel]!, source[bottom + right + channel]!, dx);
    out[target + channel] = Math.trunc(mix(upper, lower, dy));
  }
}

function mix(from: number, to: number, weight: number): number {
  return from + (to - from) * weight;
}

function unknownFilter(filter: never): SceneError {
  return new SceneError({
    code: 'UNKNOWN_FILTER',
    expected: 'nearest or bilinear',
    found: String(filter),
    where: 'rotate, filter',
    fix: 'Choose one of these filters.',
  });
}
