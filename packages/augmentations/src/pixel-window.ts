import { SceneError } from '@ssl-scene/errors';
import type { Raster } from '@ssl-scene/geometry';

/** A rectangle of whole pixels; it may lie partly or wholly outside the image that it is taken from. */
export interface PixelWindow {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Whether a window of whole pixels with positive sides lies wholly inside an image. */
export function isInside({ x, y, width, height }: PixelWindow, imageWidth: number, imageHeight: number): boolean {
  const whole = Number.isInteger(x) && Number.isInteger(y);
  return whole && x >= 0 && y >= 0 && x + width <= imageWidth && y + height <= imageHeight;
}

/** Copies the pixels of `window` to the start of `out`; those outside the image become black. */
export function copyWindow(raster: Raster, window: PixelWindow, out: Uint8Array, where: string): void {
  checkPixelWindow(window, where);
  const { x, y, width, height } = window;
  const stride = width * 3;
  const left = Math.min(Math.max(-x, 0), width);
  const right = Math.max(left, Math.min(width, raster.width - x));
  for (let row = 0; row < height; row++) {
    const target = row * stride;
    const sourceRow = y + row;
    if (sourceRow < 0 || sourceRow >= raster.height || left === right) {
      out.fill(0, target, target + stride);
      continue;
    }
    const start = (sourceRow * raster.width + x) * 3;
    out.fill(0, target, target + left * 3);
    out.set(raster.data.subarray(start + left * 3, start + right * 3), target + left * 3);
    out.fill(0, target + right * 3, target + stride);
  }
}

function checkPixelWindow(window: PixelWindow, where: string): void {
  const { x, y, width, height } = window;
  const whole = Number.isInteger(x) && Number.isInteger(y) && Number.isInteger(width) && Number.isInteger(height);
  if (whole && width > 0 && height > 0) return;
  throw new SceneError({
    code: 'BAD_WINDOW',
    expected: 'whole pixels x, y and a positive width and height',
    found: `x ${x}, y ${y}, width ${width}, height ${height}`,
    where,
    fix: 'Round the window to whole pixels and give it an area.',
  });
}
