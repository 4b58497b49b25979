import type { ScalarMap } from '@ssl-scene/geometry';
import { MIRRORED_LEFT_RIGHT, MIRRORED_TOP_BOTTOM } from './view-flips.ts';
import type { ViewGeometry } from './view-geometry.ts';

/** Two neighbouring places of a map and the weight of the second. */
interface Blend {
  readonly first: number;
  readonly second: number;
  readonly weight: number;
}

/**
 * A heat map that covers the whole image, of any resolution, as a map of the view, `size * size` values: at the centre of each
 * of the view's pixels the map's value there, interpolated linearly (half-pixel centres, edges repeated).
 */
export function heatMapToView(map: ScalarMap, geometry: ViewGeometry): Float32Array {
  const { crop, flips, size, imageSize } = geometry;
  const columns = blends(crop.x, crop.width, imageSize.width, map.width, size, (flips & MIRRORED_LEFT_RIGHT) !== 0);
  const rows = blends(crop.y, crop.height, imageSize.height, map.height, size, (flips & MIRRORED_TOP_BOTTOM) !== 0);
  const view = new Float32Array(size * size);
  for (const [y, row] of rows.entries()) {
    for (const [x, column] of columns.entries()) {
      const upper = blended(map.data, row.first * map.width, column);
      const lower = blended(map.data, row.second * map.width, column);
      view[y * size + x] = upper + (lower - upper) * row.weight;
    }
  }
  return view;
}

function blended(data: ArrayLike<number>, rowStart: number, { first, second, weight }: Blend): number {
  const left = data[rowStart + first]!;
  return left + (data[rowStart + second]! - left) * weight;
}

/** For every pixel along a side of the view where its centre lies in the map. */
function blends(
  start: number,
  length: number,
  imageSide: number,
  mapSide: number,
  size: number,
  mirrored: boolean,
): Blend[] {
  const places = Array.from({ length: size }, (_, pixel): Blend => {
    const inImage = start + ((pixel + 0.5) * length) / size;
    const place = Math.min(Math.max((inImage * mapSide) / imageSide - 0.5, 0), mapSide - 1);
    const first = Math.floor(place);
    return { first, second: Math.min(first + 1, mapSide - 1), weight: place - first };
  });
  return mirrored ? places.reverse() : places;
}
