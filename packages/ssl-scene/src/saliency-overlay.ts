import type { Box, Raster } from '@ssl-scene/geometry';
import { heatColour } from '@ssl-scene/report';

const HEAT_SHARE = 0.6;
const OUTLINE = [0, 220, 255] as const;

/**
 * A picture under its heat map, with boxes outlined.
 *
 * @param saliency of every pixel, from 0 to 1
 * @param boxes relative to the picture
 */
export function saliencyOverlay(picture: Raster, saliency: Float64Array, boxes: readonly Box[]): Raster {
  const { width, height } = picture;
  const data = new Uint8Array(picture.data.length);
  for (let pixel = 0; pixel < saliency.length; pixel++) {
    const fraction = saliency[pixel]!;
    const colour = heatColour(fraction);
    const opacity = HEAT_SHARE * Math.sqrt(fraction);
    for (let channel = 0; channel < 3; channel++) {
      const value = picture.data[3 * pixel + channel]!;
      data[3 * pixel + channel] = Math.round(value + opacity * (colour[channel]! - value));
    }
  }
  const overlay = { width, height, data };
  for (const box of boxes) outline(overlay, box);
  return overlay;
}

function outline({ width, height, data }: Raster, { x0, y0, x1, y1 }: Box): void {
  const [left, right] = [Math.round(x0 * width), Math.max(Math.round(x1 * width) - 1, 0)];
  const [top, bottom] = [Math.round(y0 * height), Math.max(Math.round(y1 * height) - 1, 0)];
  const paint = (x: number, y: number): void => {
    if (x < width && y < height) data.set(OUTLINE, 3 * (y * width + x));
  };
  for (let x = left; x <= right; x++) for (const y of [top, bottom]) paint(x, y);
  for (let y = top; y <= bottom; y++) for (const x of [left, right]) paint(x, y);
}
