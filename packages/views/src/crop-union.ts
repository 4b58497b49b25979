import type { PixelWindow, Size } from '@ssl-scene/augmentations';

/** The smallest window that holds all crops; the whole image where one of them leaves it. */
export function cropUnion(crops: readonly PixelWindow[], { width, height }: Size): PixelWindow {
  const x0 = Math.min(...crops.map(({ x }) => x));
  const y0 = Math.min(...crops.map(({ y }) => y));
  const x1 = Math.max(...crops.map((crop) => crop.x + crop.width));
  const y1 = Math.max(...crops.map((crop) => crop.y + crop.height));
  const isInside = x0 >= 0 && y0 >= 0 && x1 <= width && y1 <= height;
  return isInside ? { x: x0, y: y0, width: x1 - x0, height: y1 - y0 } : { x: 0, y: 0, width, height };
}
