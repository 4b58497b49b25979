import { averagedAreas } from './averaged-areas.ts';
import { type MapValues, minMaxNormalise, upsampleBilinear } from './heat-map.ts';

/**
 * A heat map as it is kept: stretched to 0 … 255, zeros for a map without shape. Averages areas where the map is larger than
 * what is kept of it, and enlarges bilinearly where it is smaller.
 *
 * @param map height × width values, row by row. @param from its height and width. @param to those of what is kept.
 */
export function heatMapBytes(
  map: MapValues,
  from: readonly [number, number],
  to: readonly [number, number],
): Uint8Array {
  const { values } = minMaxNormalise(map);
  const isSmaller = to[0] <= from[0] && to[1] <= from[1];
  const pixels = isSmaller ? averagedAreas(values, from, to) : upsampleBilinear(values, from, to);
  return Uint8Array.from(pixels, (value) => Math.round(255 * value));
}
