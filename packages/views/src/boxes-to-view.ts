import { type Box, boxArea, clipBox } from '@ssl-scene/geometry';
import { sourceToView, type ViewMapping } from './view-geometry.ts';

/** Options of `boxesToView`. */
export interface BoxesToViewOptions {
  /** Boxes of which less than this share is inside the view are left out. Default: 0, any box of which something is inside. */
  readonly leastVisible?: number;
}

/** What is left of a box in a view: the box clipped, with everything else that the box had. */
export type VisibleBox<B extends Box> = Omit<B, keyof Box> &
  Box & {
    /** Share of the box's area that is inside the view, above 0 and up to 1. */
    readonly visible: number;
  };

/**
 * Boxes in pixels of the image (labelled or not) as boxes in pixels of the view, clipped to it. Boxes
 * without area are left out. A view may well show none of them: the list is empty then.
 */
export function boxesToView<B extends Box>(
  boxes: readonly B[],
  geometry: ViewMapping,
  options: BoxesToViewOptions = {},
): VisibleBox<B>[] {
  const { leastVisible = 0 } = options;
  return boxes.flatMap((box) => {
    const isInverted = !(box.x0 < box.x1 && box.y0 < box.y1);
    if (isInverted) return [];
    const inView = sourceToView(box, geometry);
    const clipped = clipBox(inView, geometry.size, geometry.size);
    const visible = boxArea(clipped) / boxArea(inView);
    return visible > 0 && visible >= leastVisible ? [{ ...box, ...clipped, visible }] : [];
  });
}
