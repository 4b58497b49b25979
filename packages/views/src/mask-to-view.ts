import { SceneError } from '@ssl-scene/errors';
import { nearestPlaces, type PixelLabels, pickLabels } from './nearest-pixel.ts';
import { MIRRORED_LEFT_RIGHT, MIRRORED_TOP_BOTTOM } from './view-flips.ts';
import type { ViewGeometry } from './view-geometry.ts';

/** Options of `maskToView`. */
export interface MaskToViewOptions {
  /** Value of what lies outside the image. Default: 0. */
  readonly outside?: number;
}

/**
 * A mask of the image as a mask of the view, `size * size` bytes: cropped, brought to size by taking the nearest pixel (Pillow's
 * `NEAREST`, which mixes no labels), mirrored.
 *
 * @throws SceneError `MASK_MISMATCH` where the mask is not as large as the image
 */
export function maskToView(mask: PixelLabels, geometry: ViewGeometry, options: MaskToViewOptions = {}): Uint8Array {
  const { crop, flips, size, imageSize } = geometry;
  if (mask.width !== imageSize.width || mask.height !== imageSize.height) throw maskMismatch(mask, geometry);
  const columns = nearestPlaces(crop.x, crop.width, size);
  const rows = nearestPlaces(crop.y, crop.height, size);
  if ((flips & MIRRORED_LEFT_RIGHT) !== 0) columns.reverse();
  if ((flips & MIRRORED_TOP_BOTTOM) !== 0) rows.reverse();
  return pickLabels(mask, columns, rows, options.outside ?? 0);
}

function maskMismatch({ width, height }: PixelLabels, { imageSize }: ViewGeometry): SceneError {
  return new SceneError({
    code: 'MASK_MISMATCH',
    expected: `a mask of the image's size, ${imageSize.width} x ${imageSize.height}`,
    found: `${width} x ${height}`,
    where: 'maskToView',
    fix: 'Pass the mask of the image that the row shows; of a packed data set, the mask that it gives.',
  });
}
