import { SceneError } from '@ssl-scene/errors';
import type { ScalarMap } from '@ssl-scene/geometry';

/** Levels of an 8-bit map. */
export const LEVELS = 256;

/** A saliency map and what it should show. */
export interface JudgedMap {
  /** Whole numbers from 0 to 255, row by row; 255 is certainly salient. Not stretched: 255 counts as 1. */
  readonly saliency: ScalarMap;
  /** 0 is background, anything else salient, row by row. */
  readonly truth: ScalarMap;
}

/** @throws SALIENCY_SHAPE unless both maps have the same size and values for all of it */
export function checkJudged({ saliency, truth }: JudgedMap): void {
  const { width, height, data } = saliency;
  const pixels = width * height;
  if (width === truth.width && height === truth.height && pixels > 0) {
    if (data.length === pixels && truth.data.length === pixels) return;
  }
  throw new SceneError({
    code: 'SALIENCY_SHAPE',
    expected: 'a map and a truth of one size, with a value for every pixel',
    found: `${width} x ${height} with ${data.length} values, and ${truth.width} x ${truth.height} with ${truth.data.length}`,
    where: 'saliency measure',
    fix: 'Enlarge the map to the size of the image.',
  });
}
