import { type Size, shorterSideSize } from '@ssl-scene/augmentations';
import type { LabelledBox, PackedRule } from '@ssl-scene/datasets';
import { nearestPlaces, type PixelLabels, pickLabels } from './nearest-pixel.ts';

/** What a rule makes of an image: how large it is then, where its boxes are, what its mask is. */

/** The size in which an image is stored: torchvision's `Resize(shortSide)`, but never larger than it is. */
export function storedSize({ width, height }: Size, { shortSide }: PackedRule): Size {
  const isSmall = shortSide === null || Math.min(width, height) <= shortSide;
  return isSmall ? { width, height } : shorterSideSize(width, height, shortSide);
}

export function isSameSize(a: Size, b: Size): boolean {
  return a.width === b.width && a.height === b.height;
}

/** A box of the original in pixels of the stored image. */
export function storedBox(box: LabelledBox, original: Size, stored: Size): LabelledBox {
  if (isSameSize(original, stored)) return box;
  const [x, y] = [stored.width / original.width, stored.height / original.height];
  return { ...box, x0: box.x0 * x, y0: box.y0 * y, x1: box.x1 * x, y1: box.y1 * y };
}

/** A mask of the original by its nearest pixels. */
export function storedMask(mask: PixelLabels, stored: Size): PixelLabels {
  if (isSameSize(mask, stored)) return mask;
  const columns = nearestPlaces(0, mask.width, stored.width);
  const rows = nearestPlaces(0, mask.height, stored.height);
  return { width: stored.width, height: stored.height, data: pickLabels(mask, columns, rows, 0) };
}
