import { type CocoSegmentation, type RunLengthMask, segmentationToMask } from '@ssl-scene/geometry';
import { badAnnotation } from './annotation-error.ts';
import type { ImageSize, LabelledBox } from './image-dataset.ts';

/** Rasterising walks along outlines; no picture is so large. */
const FARTHEST = 100_000;

/** What a COCO file says of an object's outline, not yet checked. */
export interface CocoOutline {
  readonly segmentation: unknown;
  /** Place of its annotation in the file's list, for errors. */
  readonly annotation: number;
}

/**
 * The mask of an object by its polygons or runs, or where the file says nothing of an outline by its box.
 *
 * @throws SceneError `BAD_ANNOTATION`, or what the runs' decoding throws
 */
export function outlineMask(
  { segmentation, annotation }: CocoOutline,
  { x0, y0, x1, y1 }: LabelledBox,
  { width, height }: ImageSize,
  file: string,
): RunLengthMask {
  const box = [x0, y0, x1 - x0, y1 - y0];
  if (!box.every(isNear)) throw badAnnotation(file, `annotations[${annotation}].bbox`, 'pixels', box);
  if (segmentation === undefined || segmentation === null) return segmentationToMask(undefined, width, height, box);
  if (!isPolygons(segmentation) && !isRuns(segmentation)) {
    throw badAnnotation(
      file,
      `annotations[${annotation}].segmentation`,
      'polygons, or runs with counts and size',
      segmentation,
    );
  }
  return segmentationToMask(segmentation, width, height, box);
}

function isPolygons(value: unknown): value is CocoSegmentation {
  return Array.isArray(value) && value.every((polygon) => Array.isArray(polygon) && polygon.every(isNear));
}

function isRuns(value: unknown): value is CocoSegmentation {
  const { counts, size } = value as { counts?: unknown; size?: unknown };
  const hasCounts = typeof counts === 'string' || (Array.isArray(counts) && counts.every(isWhole));
  return hasCounts && Array.isArray(size) && size.length === 2 && size.every(isWhole);
}

function isNear(value: unknown): boolean {
  return typeof value === 'number' && Math.abs(value) <= FARTHEST;
}

function isWhole(value: unknown): boolean {
  return Number.isInteger(value);
}
