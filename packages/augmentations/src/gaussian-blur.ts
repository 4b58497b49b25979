import { SceneError } from '@ssl-scene/errors';
import type { Raster } from '@ssl-scene/geometry';
import { fixedGaussianHalf, GAUSSIAN_BITS } from './gaussian-kernel.ts';
import { checkRaster, resultRaster } from './raster-check.ts';
import type { RasterOptions } from './raster-options.ts';
import { Workspace } from './workspace.ts';

/** Fraction bits of the values between the two passes: the sum of two such values still fits a signed 16-bit integer. */
export const BLUR_FRACTION_BITS = 6;

const HALF_WEIGHT = 1 << (GAUSSIAN_BITS - 1);
const HALF_LEVEL = 1 << (BLUR_FRACTION_BITS - 1);

/** Options of `gaussianBlur`. */
export interface GaussianBlurOptions extends RasterOptions {
  /** Taps of the kernel, odd, less than twice the shorter side. Default: `defaultKernelSize` of the shorter side. */
  readonly kernelSize?: number;
}

/**
 * A true Gaussian blur, separable, the image mirrored at its edges (without repeating the edge pixel): torchvision's
 * `gaussian_blur` to within one level, in integer arithmetic that is the same on every machine.
 *
 * @param sigma standard deviation in pixels, positive
 * @throws BAD_RASTER, BAD_VALUE, KERNEL_TOO_LARGE
 */
export function gaussianBlur(raster: Raster, sigma: number, options: GaussianBlurOptions = {}): Raster {
  checkRaster(raster, 'gaussianBlur');
  const { width, height } = raster;
  const { workspace = new Workspace(), kernelSize = defaultKernelSize(Math.min(width, height)) } = options;
  const half = fixedGaussianHalf(kernelSize, sigma);
  checkReach((kernelSize - 1) / 2, width, height);
  const out = resultRaster(options.out, width, height, 'gaussianBlur');
  const between = workspace.integers('gaussian blur', raster.data.length);
  blurRows(
    raster.data,
    width,
    height,
    half,
    workspace.integers('gaussian blur row', (width + 2 * half.length) * 3),
    between,
  );
  blurColumns(between, width * 3, height, half, workspace.integers('gaussian blur sums', width * 3), out.data);
  return out;
}

/** The kernel of SimCLR's code: a tenth of the side, made odd (23 at 224 pixels, 3 at 32). */
export function defaultKernelSize(side: number): number {
  return 2 * Math.floor(side / 20) + 1;
}

/** Throws where a kernel reaches further than the mirror image of the picture. */
export function checkReach(radius: number, width: number, height: number): void {
  if (radius < Math.min(width, height)) return;
  throw new SceneError({
    code: 'KERNEL_TOO_LARGE',
    expected: `a kernel of less than twice the shorter side (${Math.min(width, height)} pixels)`,
    found: `${2 * radius + 1} taps`,
    where: 'gaussianBlur, kernelSize',
    fix: 'Choose a smaller kernel or leave it away.',
  });
}

/** A product with a fixed-point weight, rounded to the nearest, halves upwards. */
function weighted(value: number, weight: number): number {
  return (Math.imul(value, weight) + HALF_WEIGHT) >> GAUSSIAN_BITS;
}

function blurRows(
  input: Uint8Array,
  width: number,
  height: number,
  half: Int16Array,
  padded: Int32Array,
  out: Int32Array,
): void {
  const stride = width * 3;
  const radius = half.length - 1;
  const centre = radius * 3;
  for (let row = 0; row < height; row++) {
    const start = row * stride;
    mirrorRow(input, start, width, radius, padded);
    addCentre(padded, centre, half[0]!, stride, out, start);
    let tap = 1;
    // Two pairs of taps at a time, so that each sum is loaded and stored half as often.
    for (; tap < radius; tap += 2) {
      const near = tap * 3;
      const far = near + 3;
      addPairs(
        padded,
        centre - near,
        centre + near,
        half[tap]!,
        centre - far,
        centre + far,
        half[tap + 1]!,
        stride,
        out,
        start,
      );
    }
    if (tap === radius) addPair(padded, centre - tap * 3, centre + tap * 3, half[tap]!, stride, out, start);
  }
}

function blurColumns(
  input: Int32Array,
  stride: number,
  height: number,
  half: Int16Array,
  sums: Int32Array,
  out: Uint8Array,
): void {
  const radius = half.length - 1;
  const above = (row: number, tap: number): number => Math.abs(row - tap) * stride;
  const below = (row: number, tap: number): number =>
    (row + tap < height ? row + tap : 2 * height - 2 - row - tap) * stride;
  for (let row = 0; row < height; row++) {
    addCentre(input, row * stride, half[0]!, stride, sums, 0);
    let tap = 1;
    for (; tap < radius; tap += 2) {
      const next = tap + 1;
      addPairs(
        input,
        above(row, tap),
        below(row, tap),
        half[tap]!,
        above(row, next),
        below(row, next),
        half[next]!,
        stride,
        sums,
        0,
      );
    }
    if (tap === radius) addPair(input, above(row, tap), below(row, tap), half[tap]!, stride, sums, 0);
    storeLevels(sums, stride, out, row * stride);
  }
}

/** Begins the sums with the centre tap. */
function addCentre(input: Int32Array, from: number, weight: number, count: number, sums: Int32Array, to: number): void {
  for (let i = 0; i < count; i++) sums[to + i] = weighted(input[from + i]!, weight);
}

/** Adds two taps at equal distances from the centre. */
function addPair(
  input: Int32Array,
  first: number,
  second: number,
  weight: number,
  count: number,
  sums: Int32Array,
  to: number,
): void {
  for (let i = 0; i < count; i++) {
    sums[to + i] = (sums[to + i]! + weighted(input[first + i]! + input[second + i]!, weight)) | 0;
  }
}

/** Adds two such pairs. */
function addPairs(
  input: Int32Array,
  nearFirst: number,
  nearSecond: number,
  nearWeight: number,
  farFirst: number,
  farSecond: number,
  farWeight: number,
  count: number,
  sums: Int32Array,
  to: number,
): void {
  for (let i = 0; i < count; i++) {
    const near = weighted(input[nearFirst + i]! + input[nearSecond + i]!, nearWeight);
    const far = weighted(input[farFirst + i]! + input[farSecond + i]!, farWeight);
    sums[to + i] = (sums[to + i]! + near + far) | 0;
  }
}

function storeLevels(sums: Int32Array, count: number, out: Uint8Array, to: number): void {
  for (let i = 0; i < count; i++) {
    // The roundings of a very long kernel can add up to more than half a level.
    out[to + i] = Math.min(255, (sums[i]! + HALF_LEVEL) >> BLUR_FRACTION_BITS);
  }
}

/** Copies one row, with `margin` mirrored pixels on either side, as values with `BLUR_FRACTION_BITS`. */
function mirrorRow(input: Uint8Array, start: number, width: number, margin: number, padded: Int32Array): void {
  const length = width * 3;
  const offset = margin * 3;
  for (let i = 0; i < length; i++) padded[offset + i] = input[start + i]! << BLUR_FRACTION_BITS;
  for (let pixel = 1; pixel <= margin; pixel++) {
    for (let channel = 0; channel < 3; channel++) {
      padded[(margin - pixel) * 3 + channel] = padded[offset + pixel * 3 + channel]!;
      padded[(margin + width - 1 + pixel) * 3 + channel] = padded[offset + (width - 1 - pixel) * 3 + channel]!;
    }
  }
}
