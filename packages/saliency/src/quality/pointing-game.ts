import type { ScalarMap } from '@ssl-scene/geometry';
import { nearestSalient } from './nearest-salient.ts';

/** Where a map points, and how far that is from the object. */
export interface Pointing {
  /** Column of the largest value, the first one row by row. */
  readonly x: number;
  readonly y: number;
  /** Euclidean distance in pixels to the nearest salient pixel: 0 is a hit, infinite where nothing is salient. */
  readonly distance: number;
}

/** The pointing game (Zhang et al. 2016): a hit where `distance` is within a tolerance (15 pixels in the paper, or 0). */
export function pointingGame(map: ScalarMap, truth: ScalarMap): Pointing {
  let largest = 0;
  for (let pixel = 1; pixel < map.data.length; pixel++) if (map.data[pixel]! > map.data[largest]!) largest = pixel;
  return {
    x: largest % map.width,
    y: Math.floor(largest / map.width),
    distance: Math.sqrt(nearestSalient(truth).squaredDistance[largest]!),
  };
}
