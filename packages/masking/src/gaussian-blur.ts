import { SceneError } from '@ssl-scene/errors';
import type { Tensor } from '@ssl-scene/tensors';
import { checkImages } from './check-images.ts';
import { badOption } from './check-option.ts';
import { type Matrix, matrix, separableProduct } from './separable-product.ts';

/** A sampled Gaussian. */
export interface GaussianKernel {
  /** Number of samples, odd. */
  readonly kernel: number;
  /** Standard deviation in pixels, above 0. */
  readonly sigma: number;
}

/** Side of the views for which the paper states kernels. */
const PAPER_SIDE = 224;

/**
 * A kernel stated for views of 224 pixels, scaled to views of another side: the nearest odd length, at least 3, and sigma in
 * the same proportion to it.
 */
export function scaledKernel({ kernel, sigma }: GaussianKernel, side: number): GaussianKernel {
  const wanted = (kernel * side) / PAPER_SIDE;
  const length = Math.max(3, 2 * Math.round((wanted - 1) / 2) + 1);
  return { kernel: length, sigma: (sigma * length) / kernel };
}

/** Weights exp(-t² / 2σ²) at t = -(kernel - 1)/2 … (kernel - 1)/2, divided by their sum. */
export function gaussianKernel({ kernel, sigma }: GaussianKernel): Float64Array {
  checkKernel({ kernel, sigma });
  const middle = (kernel - 1) / 2;
  const weights = Float64Array.from({ length: kernel }, (_, tap) =>
    Math.exp(-((tap - middle) ** 2) / (2 * sigma ** 2)),
  );
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

/**
 * Gaussian blur, mirrored at the borders without repeating the edge (`reflect`), as torchvision's.
 *
 * @param images (N, H, W, C); both sides longer than half the kernel. @returns the same shape.
 */
export function gaussianBlur(images: Tensor, kernel: GaussianKernel): Tensor {
  checkImages('gaussianBlur', images);
  const [, height, width] = images.shape as [number, number, number, number];
  checkFits(kernel, Math.min(height, width));
  const weights = gaussianKernel(kernel);
  return separableProduct(images, blurMatrix(weights, height), blurMatrix(weights, width));
}

/** Throws unless the kernel has an odd length and a positive deviation. */
export function checkKernel({ kernel, sigma }: GaussianKernel): void {
  if (!Number.isInteger(kernel) || kernel < 1 || kernel % 2 === 0) {
    throw badOption('gaussian blur', 'kernel', 'an odd whole number', kernel);
  }
  if (!(sigma > 0 && sigma < Number.POSITIVE_INFINITY)) {
    throw badOption('gaussian blur', 'sigma', 'a finite number above 0', sigma);
  }
}

function checkFits({ kernel }: GaussianKernel, side: number): void {
  if ((kernel - 1) / 2 < side) return;
  throw new SceneError({
    code: 'KERNEL_TOO_LONG',
    expected: `a kernel of at most ${2 * side - 1} for a side of ${side}, whose border is mirrored`,
    found: String(kernel),
    where: 'gaussianBlur, option kernel',
    fix: 'Shorten the kernel or leave it out, so that it follows the size of the views.',
  });
}

/** Row i holds the weights of the inputs of output i; what lies beyond the border counts for its mirror image. */
function blurMatrix(weights: Float64Array, length: number): Matrix {
  const middle = (weights.length - 1) / 2;
  const sums = new Float64Array(length * length);
  for (let output = 0; output < length; output++) {
    weights.forEach((weight, tap) => {
      sums[output * length + mirrored(output + tap - middle, length)]! += weight;
    });
  }
  return matrix(length, length, (row, column) => sums[row * length + column]!);
}

function mirrored(place: number, length: number): number {
  const positive = Math.abs(place);
  return positive < length ? positive : 2 * (length - 1) - positive;
}
