import { SceneError } from '@ssl-scene/errors';
import type { Raster } from '@ssl-scene/geometry';
import { autocontrast } from './autocontrast.ts';
import { boxBlur } from './box-blur.ts';
import { brightness } from './brightness.ts';
import { contrast } from './contrast.ts';
import { equalize } from './equalize.ts';
import { flipHorizontal, flipVertical } from './flip.ts';
import { gaussianBlur } from './gaussian-blur.ts';
import { grayscale } from './grayscale.ts';
import { hue } from './hue.ts';
import { posterize } from './posterize.ts';
import type { RasterOptions } from './raster-options.ts';
import { type RotationFilter, rotate } from './rotate.ts';
import { saturation } from './saturation.ts';
import { solarize } from './solarize.ts';

/** One thing done to an image, all its numbers decided: what is left of an `Augmentation` once its dice have fallen. */
export type Operation =
  | { readonly kind: 'horizontal-flip' }
  | { readonly kind: 'vertical-flip' }
  | { readonly kind: 'brightness'; readonly factor: number }
  | { readonly kind: 'contrast'; readonly factor: number }
  | { readonly kind: 'saturation'; readonly factor: number }
  | { readonly kind: 'hue'; readonly turn: number }
  | { readonly kind: 'grayscale' }
  | { readonly kind: 'gaussian-blur'; readonly sigma: number; readonly kernelSize?: number }
  | { readonly kind: 'box-blur'; readonly radius: number }
  | { readonly kind: 'solarize'; readonly threshold: number }
  | { readonly kind: 'posterize'; readonly bits: number }
  | { readonly kind: 'equalize' }
  | { readonly kind: 'autocontrast' }
  | { readonly kind: 'rotate'; readonly degrees: number; readonly filter: RotationFilter; readonly fill: number };

/**
 * Does one operation after the other.
 *
 * @param options `out` may be the input, which is then changed in place
 * @returns the changed image: `options.out`, or a new raster
 * @throws BAD_RASTER, BAD_VALUE
 */
export function applyOperations(raster: Raster, operations: readonly Operation[], options: RasterOptions = {}): Raster {
  let current = raster;
  let out = options.out;
  for (const operation of operations) {
    current = applyOperation(current, operation, out === undefined ? options : { ...options, out });
    // From here on the image is our own and may be overwritten.
    out = current;
  }
  if (current === raster && options.out !== raster) return copyOf(raster, options.out);
  return current;
}

function copyOf(raster: Raster, out: Raster | undefined): Raster {
  if (out === undefined) return { ...raster, data: raster.data.slice() };
  out.data.set(raster.data);
  return out;
}

function applyOperation(raster: Raster, operation: Operation, options: RasterOptions): Raster {
  switch (operation.kind) {
    case 'horizontal-flip':
      return flipHorizontal(raster, options);
    case 'vertical-flip':
      return flipVertical(raster, options);
    case 'brightness':
      return brightness(raster, operation.factor, options);
    case 'contrast':
      return contrast(raster, operation.factor, options);
    case 'saturation':
      return saturation(raster, operation.factor, options);
    case 'hue':
      return hue(raster, operation.turn, options);
    case 'grayscale':
      return grayscale(raster, options);
    case 'gaussian-blur': {
      const { sigma, kernelSize } = operation;
      return gaussianBlur(raster, sigma, kernelSize === undefined ? options : { ...options, kernelSize });
    }
    case 'box-blur':
      return boxBlur(raster, operation.radius, options);
    case 'solarize':
      return solarize(raster, operation.threshold, options);
    case 'posterize':
      return posterize(raster, operation.bits, options);
    case 'equalize':
      return equalize(raster, options);
    case 'autocontrast':
      return autocontrast(raster, options);
    case 'rotate':
      return rotate(raster, operation.degrees, { ...options, filter: operation.filter, fill: operation.fill });
    default:
      throw unknownOperation(operation);
  }
}

function unknownOperation(operation: never): SceneError {
  return new SceneError({
    code: 'UNKNOWN_KIND',
    expected: 'an operation made by drawOperations',
    found: JSON.stringify(operation),
    where: 'applyOperations',
    fix: 'Draw operations from a pipeline instead of writing them by hand.',
  });
}
