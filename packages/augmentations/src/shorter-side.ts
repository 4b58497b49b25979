import type { Raster } from '@ssl-scene/geometry';
import { checkRaster, checkSize } from './raster-check.ts';
import type { ResampleFilter } from './resample-filter.ts';
import { type CropAndResizeOptions, resize } from './resize.ts';

/** Width and height in pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** The size that torchvision's `Resize(side)` gives: the shorter side becomes `side`, the longer is scaled and truncated. */
export function shorterSideSize(width: number, height: number, side: number): Size {
  checkSize(width, height, 'shorterSideSize');
  checkSize(side, side, 'shorterSideSize, side');
  if (width <= height) return { width: side, height: Math.trunc((side * height) / width) };
  return { width: Math.trunc((side * width) / height), height: side };
}

/**
 * Resizes so that the shorter side has `side` pixels and the aspect ratio is kept, as torchvision's `Resize(side)` does.
 *
 * @throws BAD_RASTER, BAD_SIZE, UNKNOWN_FILTER
 */
export function resizeShorterSide(
  raster: Raster,
  side: number,
  filter: ResampleFilter = 'bilinear',
  options: CropAndResizeOptions = {},
): Raster {
  checkRaster(raster, 'resizeShorterSide');
  const { width, height } = shorterSideSize(raster.width, raster.height, side);
  return resize(raster, width, height, filter, options);
}
