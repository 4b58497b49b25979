/** Half-open edges: the box holds x with x0 <= x < x1. In pixels or relative to the image, as the user of the type states. */
export interface Box {
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
}

/** Width times height; negative where just one of the two is inverted. */
export function boxArea(box: Box): number {
  return (box.x1 - box.x0) * (box.y1 - box.y0);
}

/** The area that two boxes share, 0 where they only touch. */
export function boxIntersection(a: Box, b: Box): number {
  const width = Math.min(a.x1, b.x1) - Math.max(a.x0, b.x0);
  const height = Math.min(a.y1, b.y1) - Math.max(a.y0, b.y0);
  return Math.max(width, 0) * Math.max(height, 0);
}

/** Intersection over union, from 0 to 1; `NaN` for two boxes without area, as in torchvision. */
export function boxIou(a: Box, b: Box): number {
  const shared = boxIntersection(a, b);
  return shared / (boxArea(a) + boxArea(b) - shared);
}

/**
 * Generalised intersection over union, from -1 to 1 (Rezatofighi et al., CVPR 2019): IoU less the share of the smallest
 * enclosing box that neither covers. `NaN` for two boxes without area, as in torchvision.
 */
export function boxGiou(a: Box, b: Box): number {
  const shared = boxIntersection(a, b);
  const union = boxArea(a) + boxArea(b) - shared;
  const hullWidth = Math.max(a.x1, b.x1) - Math.min(a.x0, b.x0);
  const hullHeight = Math.max(a.y1, b.y1) - Math.min(a.y0, b.y0);
  const hull = hullWidth * hullHeight;
  return shared / union - (hull - union) / hull;
}

/** The part of a box inside an image of the given size; without area where the box lies outside. */
export function clipBox(box: Box, width: number, height: number): Box {
  return {
    x0: clamp(box.x0, width),
    y0: clamp(box.y0, height),
    x1: clamp(box.x1, width),
    y1: clamp(box.y1, height),
  };
}

/** Pixel edges divided by the image's size. */
export function toRelativeBox(box: Box, width: number, height: number): Box {
  return { x0: box.x0 / width, y0: box.y0 / height, x1: box.x1 / width, y1: box.y1 / height };
}

/** Relative edges times the image's size, not rounded. */
export function toPixelBox(box: Box, width: number, height: number): Box {
  return { x0: box.x0 * width, y0: box.y0 * height, x1: box.x1 * width, y1: box.y1 * height };
}

function clamp(value: number, upper: number): number {
  return Math.min(Math.max(value, 0), upper);
}
