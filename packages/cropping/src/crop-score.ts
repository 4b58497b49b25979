import { clipBox } from '@ssl-scene/geometry';
import type { Crop } from './crop.ts';
import type { CropRegion } from './crop-region.ts';
import { relativeWindow } from './saliency-crop.ts';
import { windowMean } from './saliency-grid.ts';

/** Cells of the grid for each place of a heat map, along either side. */
export const DEFAULT_GRID = 8;

/**
 * How salient a crop is: the mean of the image's enlarged heat map, stretched to [0, 1], over the crop. Exactly 1 where
 * nothing is known: no region, one that is not active yet, no heat map, or a uniform one. Part of the SGCL-style
 * reconstruction.
 *
 * @param crop in pixels; what `legacyClamp` leaves outside the image does not count
 * @param width of the image
 * @param height of the image
 * @param grid cells for each place of the map, along either side; those of the sampler are shared. Default: 8
 */
export function cropScore(
  crop: Crop,
  width: number,
  height: number,
  region: CropRegion | undefined,
  grid = DEFAULT_GRID,
): number {
  if (region?.heatMap === undefined || !region.active) return 1;
  const window = clipBox(relativeWindow(crop, width, height), 1, 1);
  return windowMean(region.heatMap.grid(grid), window);
}
