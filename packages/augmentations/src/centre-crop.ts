import type { Raster } from '@ssl-scene/geometry';
import { crop } from './crop.ts';
import { checkRaster, checkSize } from './raster-check.ts';
import { roundHalfEven } from './rounding.ts';

/**
 * Cuts out the middle `width` x `height` pixels as torchvision's `center_crop` does: an odd remainder rounds half to even, and
 * an image smaller than the crop is padded with black, the larger half right and below.
 *
 * @throws BAD_RASTER, BAD_SIZE
 */
export function centreCrop(raster: Raster, width: number, height: number): Raster {
  checkRaster(raster, 'centreCrop');
  checkSize(width, height, 'centreCrop');
  const x = centreCropOffset(raster.width, width);
  const y = centreCropOffset(raster.height, height);
  return crop(raster, { x, y, width, height });
}

/** Where the middle `size` pixels of an axis of `imageSize` begin; negative where the image is smaller and is padded. */
export function centreCropOffset(imageSize: number, size: number): number {
  if (size > imageSize) return -Math.floor((size - imageSize) / 2);
  return roundHalfEven((imageSize - size) / 2);
}
