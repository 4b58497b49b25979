import type { Box } from '@ssl-scene/geometry';
import type { RandomStream } from '@ssl-scene/random';
import type { Crop } from './crop.ts';
import type { CropOptions } from './crop-sampler.ts';
import type { SizeRule } from './crop-size.ts';
import { drawRandomResizedCrop } from './random-resized-crop.ts';

/** Rules of a crop in a box, all decided. */
export interface BoxRule extends SizeRule {
  readonly margin: number;
}

/** The boxes that can be cropped, and how many could not. */
export interface UsableBoxes {
  readonly boxes: readonly Box[];
  /** Inverted, without area, not finite, or wholly outside the image. */
  readonly dropped: number;
}

/** Leaves out boxes that show nothing of the image. Boxes are relative to the image. */
export function usableBoxes(boxes: readonly Box[]): UsableBoxes {
  const usable = boxes.filter(
    ({ x0, y0, x1, y1 }) => Math.max(x0, 0) < Math.min(x1, 1) && Math.max(y0, 0) < Math.min(y1, 1),
  );
  return { boxes: usable, dropped: boxes.length - usable.length };
}

/**
 * The whole pixels that a relative box touches, grown by `margin` of its size on every side and clipped to the image; never
 * empty for a usable box.
 */
export function boxWindow(box: Box, width: number, height: number, margin: number): Crop {
  const horizontal = axisWindow(box.x0, box.x1, width, margin);
  const vertical = axisWindow(box.y0, box.y1, height, margin);
  return { x: horizontal.start, y: vertical.start, width: horizontal.size, height: vertical.size };
}

function axisWindow(from: number, to: number, size: number, margin: number): { start: number; size: number } {
  const growth = (to - from) * margin;
  // Relative edges are often single precision: what is within a thousandth of a pixel's edge is meant to be on it.
  const first = Math.floor((from - growth) * size + 1e-3);
  const end = Math.ceil((to + growth) * size - 1e-3);
  const start = Math.min(Math.max(first, 0), size - 1);
  return { start, size: Math.max(Math.min(end, size) - start, 1) };
}

/** Draws one of the usable boxes (by `options.shared` where given), then a random resized crop inside its window. */
export function drawBoxCrop(
  width: number,
  height: number,
  boxes: readonly Box[],
  rule: BoxRule,
  random: RandomStream,
  options: CropOptions = {},
): Crop {
  const usable = usableBoxes(boxes);
  if (options.tally !== undefined) options.tally.droppedBoxes += usable.dropped;
  if (usable.boxes.length === 0) {
    if (options.tally !== undefined) options.tally.imagesWithoutBox++;
    return drawRandomResizedCrop(width, height, rule, random, options);
  }
  const choice = (options.shared ?? random).integer(0, usable.boxes.length);
  const window = boxWindow(usable.boxes[choice]!, width, height, rule.margin);
  const inside = drawRandomResizedCrop(window.width, window.height, rule, random, options);
  return { ...inside, x: window.x + inside.x, y: window.y + inside.y };
}
