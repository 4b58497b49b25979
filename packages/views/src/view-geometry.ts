import type { Size } from '@ssl-scene/augmentations';
import { SceneError } from '@ssl-scene/errors';
import type { Box } from '@ssl-scene/geometry';
import type { Batch } from './batch.ts';
import { MIRRORED_LEFT_RIGHT, MIRRORED_TOP_BOTTOM, TURNED } from './view-flips.ts';

/** How a view lies in its image. */
export interface ViewGeometry {
  /** The part of the image that became the view, in pixels. */
  readonly crop: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
  /** Bits `MIRRORED_LEFT_RIGHT` and `MIRRORED_TOP_BOTTOM`, applied after cropping. */
  readonly flips: number;
  /** Side of the view in pixels. */
  readonly size: number;
  /** The whole image. */
  readonly imageSize: Size;
}

/** The part of a geometry that carries places between image and view. */
export type ViewMapping = Pick<ViewGeometry, 'crop' | 'flips' | 'size'>;

/**
 * How a row of a batch lies in its image. Error for an unknown view or row, a blank row, or a view that was turned by an angle,
 * which no box survives.
 */
export function viewGeometry(batch: Batch, view: string, row: number): ViewGeometry {
  const crops = batch.crops[view];
  if (crops === undefined) throw noGeometry(`a view among ${Object.keys(batch.crops).join(', ')}`, view);
  if (!Number.isInteger(row) || row < 0 || row >= batch.size || batch.blankRows.includes(row)) {
    throw noGeometry(`a row of the batch with an image (of ${batch.size})`, `row ${row}`);
  }
  const flips = batch.flips[view]![row]!;
  if ((flips & TURNED) !== 0) throw noGeometry('a view that is upright or mirrored', `view "${view}", turned`);
  const [x, y, width, height] = crops.subarray(row * 4, row * 4 + 4) as unknown as [number, number, number, number];
  const size = Math.sqrt(batch.views[view]!.length / batch.size / 3);
  const [imageWidth, imageHeight] = batch.imageSizes[view]!.subarray(row * 2, row * 2 + 2) as unknown as [
    number,
    number,
  ];
  return { crop: { x, y, width, height }, flips, size, imageSize: { width: imageWidth, height: imageHeight } };
}

/** A box in pixels of the image as a box in pixels of the view; parts outside the view keep their place, beyond its edges. */
export function sourceToView(box: Box, { crop, flips, size }: ViewMapping): Box {
  const [x0, x1] = mapEdges(box.x0, box.x1, crop.x, crop.width, size, (flips & MIRRORED_LEFT_RIGHT) !== 0);
  const [y0, y1] = mapEdges(box.y0, box.y1, crop.y, crop.height, size, (flips & MIRRORED_TOP_BOTTOM) !== 0);
  return { x0, y0, x1, y1 };
}

/** A box in pixels of the view as a box in pixels of the image: the inverse of `sourceToView`. */
export function viewToSource(box: Box, { crop, flips, size }: ViewMapping): Box {
  const [x0, x1] = unmapEdges(box.x0, box.x1, crop.x, crop.width, size, (flips & MIRRORED_LEFT_RIGHT) !== 0);
  const [y0, y1] = unmapEdges(box.y0, box.y1, crop.y, crop.height, size, (flips & MIRRORED_TOP_BOTTOM) !== 0);
  return { x0, y0, x1, y1 };
}

function mapEdges(
  low: number,
  high: number,
  start: number,
  length: number,
  size: number,
  mirrored: boolean,
): [number, number] {
  const first = ((low - start) * size) / length;
  const last = ((high - start) * size) / length;
  return mirrored ? [size - last, size - first] : [first, last];
}

function unmapEdges(
  low: number,
  high: number,
  start: number,
  length: number,
  size: number,
  mirrored: boolean,
): [number, number] {
  const [first, last] = mirrored ? [size - high, size - low] : [low, high];
  return [start + (first * length) / size, start + (last * length) / size];
}

function noGeometry(expected: string, found: string): SceneError {
  return new SceneError({
    code: 'NO_VIEW_GEOMETRY',
    expected,
    found,
    where: 'viewGeometry',
    fix: 'Ask for a view and row that the batch has, and keep rotations out of views whose boxes you need.',
  });
}
