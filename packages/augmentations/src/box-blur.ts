import type { Raster } from '@ssl-scene/geometry';
import { checkNumber } from './number-check.ts';
import { checkRaster, resultRaster } from './raster-check.ts';
import type { RasterOptions } from './raster-options.ts';
import { Workspace } from './workspace.ts';

const PASSES = 3;
/** Fraction bits of the weights; sums of 8-bit values then just fit 32 bits. */
const WEIGHT_BITS = 24;
const HALF = 1 << (WEIGHT_BITS - 1);

/** A box of `2 * radius + 1` values with weight `inner`, and one more on either side with the smaller weight `edge`. */
export interface BoxWeights {
  readonly radius: number;
  readonly inner: number;
  readonly edge: number;
}

/**
 * Pillow's `ImageFilter.GaussianBlur`: three box blurs along rows, then three along columns, each rounded to 8 bits, edge
 * pixels repeated. It stays within some 12 levels of a true Gaussian on photos. `radius` is the standard deviation in pixels;
 * 0 copies.
 *
 * @throws BAD_RASTER, BAD_VALUE
 */
export function boxBlur(raster: Raster, radius: number, options: RasterOptions = {}): Raster {
  checkRaster(raster, 'boxBlur');
  checkNumber(radius, 0, Number.POSITIVE_INFINITY, 'boxBlur, radius');
  const { workspace = new Workspace() } = options;
  const { width, height } = raster;
  const out = resultRaster(options.out, width, height, 'boxBlur');
  if (radius === 0) {
    out.data.set(raster.data);
    return out;
  }
  const weights = boxWeights(radius);
  const scratch = workspace.bytes('box blur', raster.data.length);
  // An even number of passes that alternate between the two buffers, so that the last one ends in `out`.
  blurRows(raster.data, scratch, width, height, weights);
  blurRows(scratch, out.data, width, height, weights);
  blurRows(out.data, scratch, width, height, weights);
  const sums = workspace.integers('box blur sums', width * 3);
  blurColumns(scratch, out.data, width * 3, height, weights, sums);
  blurColumns(out.data, scratch, width * 3, height, weights, sums);
  blurColumns(scratch, out.data, width * 3, height, weights, sums);
  return out;
}

/**
 * The box whose three passes have the variance of a Gaussian (Gwosdek, Grewenig, Bruhn and Weickert, "Theoretical foundations
 * of Gaussian convolution by extended box filtering", 2011), in the single precision of Pillow's C code.
 */
export function boxWeights(sigma: number): BoxWeights {
  const f = Math.fround;
  const variance = f(f(f(sigma) * f(sigma)) / PASSES);
  const length = f(Math.sqrt(12 * variance + 1));
  const whole = f(Math.floor((length - 1) / 2));
  const numerator = f(f(2 * whole + 1) * f(f(whole * f(whole + 1)) - f(3 * variance)));
  const denominator = f(6 * f(variance - f(f(whole + 1) * f(whole + 1))));
  const exactRadius = f(whole + f(numerator / denominator));
  const radius = Math.trunc(exactRadius);
  const inner = Math.trunc(f(2 ** WEIGHT_BITS / f(f(exactRadius * 2) + 1)));
  const edge = Math.floor((2 ** WEIGHT_BITS - (radius * 2 + 1) * inner) / 2);
  return { radius, inner, edge };
}

function blurRows(input: Uint8Array, out: Uint8Array, width: number, height: number, weights: BoxWeights): void {
  const { radius, inner, edge } = weights;
  const last = (width - 1) * 3;
  const reach = radius * 3;
  for (let row = 0; row < height; row++) {
    for (let channel = 0; channel < 3; channel++) {
      const start = row * width * 3 + channel;
      let sum = Math.imul(input[start]!, radius + 1);
      for (let k = 0; k < reach; k += 3) sum += input[start + Math.min(k, last)]!;
      for (let x = 0; x <= last; x += 3) {
        const left = Math.max(x - reach - 3, 0);
        const entering = Math.min(x + reach, last);
        const right = Math.min(x + reach + 3, last);
        const leaving = input[start + left]!;
        sum = (sum + input[start + entering]! - leaving) | 0;
        const bulk = Math.imul(sum, inner) + Math.imul(leaving + input[start + right]!, edge);
        out[start + x] = (bulk + HALF) >>> WEIGHT_BITS;
      }
    }
  }
}

/** `sums` holds the running sum of every column, so that memory is walked row by row. */
function blurColumns(
  input: Uint8Array,
  out: Uint8Array,
  stride: number,
  height: number,
  weights: BoxWeights,
  sums: Int32Array,
): void {
  const { radius, inner, edge } = weights;
  const clampedRow = (row: number): number => Math.min(Math.max(row, 0), height - 1) * stride;
  for (let i = 0; i < stride; i++) sums[i] = Math.imul(input[i]!, radius + 1);
  for (let row = 0; row < radius; row++) {
    const at = clampedRow(row);
    for (let i = 0; i < stride; i++) sums[i]! += input[at + i]!;
  }
  for (let row = 0; row < height; row++) {
    const above = clampedRow(row - radius - 1);
    const entering = clampedRow(row + radius);
    const below = clampedRow(row + radius + 1);
    const target = row * stride;
    for (let i = 0; i < stride; i++) {
      const leaving = input[above + i]!;
      const sum = (sums[i]! + input[entering + i]! - leaving) | 0;
      sums[i] = sum;
      const bulk = Math.imul(sum, inner) + Math.imul(leaving + input[below + i]!, edge);
      out[target + i] = (bulk + HALF) >>> WEIGHT_BITS;
    }
  }
}
