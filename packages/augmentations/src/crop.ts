import type { Raster } from '@ssl-scene/geometry';
import { copyWindow, type PixelWindow } from './pixel-window.ts';
import { checkRaster } from './raster-check.ts';

/**
 * Cuts out a window of whole pixels; what of it lies outside the image is black, as with Pillow's `Image.crop`.
 *
 * @throws BAD_RASTER, BAD_WINDOW
 */
export function crop(raster: Raster, window: PixelWindow): Raster {
  checkRaster(raster, 'crop');
  const { width, height } = window;
  const valid = Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0;
  const out = { width, height, data: new Uint8Array(valid ? width * height * 3 : 0) };
  copyWindow(raster, window, out.data, 'crop');
  return out;
}
