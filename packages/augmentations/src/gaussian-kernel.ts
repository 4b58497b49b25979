import { SceneError } from '@ssl-scene/errors';
import { checkNumber } from './number-check.ts';

/** Fraction bits of the fixed-point weights: the factor of a 16-bit rounding multiplication. */
export const GAUSSIAN_BITS = 15;

/** Weights below this change no 8-bit value and are left out with everything beyond them. */
const NEGLIGIBLE = 2e-5;

/**
 * The weights of a sampled Gaussian with `size` (odd) taps and standard deviation `sigma` in pixels, normalised to sum 1, as
 * torchvision's `gaussian_blur` uses them.
 *
 * @throws BAD_VALUE
 */
export function gaussianKernel(size: number, sigma: number): Float64Array {
  checkKernelSize(size);
  checkNumber(sigma, Number.MIN_VALUE, Number.POSITIVE_INFINITY, 'gaussianKernel, sigma');
  const radius = (size - 1) / 2;
  const kernel = new Float64Array(size);
  let sum = 0;
  for (let tap = 0; tap < size; tap++) {
    kernel[tap] = Math.exp(-0.5 * ((tap - radius) / sigma) ** 2);
    sum += kernel[tap]!;
  }
  for (let tap = 0; tap < size; tap++) kernel[tap]! /= sum;
  return kernel;
}

/**
 * The right half of `gaussianKernel`, centre first, in fixed point with `GAUSSIAN_BITS` fraction bits. The whole kernel sums to
 * exactly 1, so that uniform areas stay as they are.
 */
export function fixedGaussianHalf(size: number, sigma: number): Int16Array {
  const centre = (size - 1) / 2;
  const half = gaussianKernel(size, sigma).subarray(centre);
  let radius = centre;
  while (radius > 0 && half[radius]! < NEGLIGIBLE) radius--;
  const fixed = new Int16Array(radius + 1);
  let centreWeight = 2 ** GAUSSIAN_BITS;
  for (let tap = 1; tap <= radius; tap++) {
    fixed[tap] = Math.round(half[tap]! * 2 ** GAUSSIAN_BITS);
    centreWeight -= 2 * fixed[tap]!;
  }
  // The largest 16-bit number stands for a weight of 1; the product with any 8-bit value still rounds to that value.
  fixed[0] = Math.min(centreWeight, 2 ** GAUSSIAN_BITS - 1);
  return fixed;
}

function checkKernelSize(size: number): void {
  if (Number.isInteger(size) && size > 0 && size % 2 === 1) return;
  throw new SceneError({
    code: 'BAD_VALUE',
    expected: 'an odd positive kernel size',
    found: String(size),
    where: 'gaussianKernel, size',
    fix: 'Add 1 to an even size.',
  });
}
