import { SceneError } from '@ssl-scene/errors';
import { enlargeBilinear } from '@ssl-scene/geometry';

/** Numbers of a map, row by row. */
export type MapValues = Float32Array | Float64Array | readonly number[];

/** Differences up to this many float32 roundings of the largest value are noise. */
const NOISE = 2 ** -22;

/** What {@link minMaxNormalise} gives. */
export interface NormalisedMap {
  /** From 0 to 1; zeros where the map is constant. */
  readonly values: Float64Array;
  /** Whether the map has no shape: its values are equal up to float32 rounding, or some are not finite. */
  readonly constant: boolean;
}

/** (v - min) / (max - min): the least value becomes 0, the largest 1. A map without shape becomes zeros, and is flagged. */
export function minMaxNormalise(map: MapValues): NormalisedMap {
  let [least, largest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  let finite = map.length > 0;
  for (let i = 0; i < map.length; i++) {
    const value = map[i]!;
    least = Math.min(least, value);
    largest = Math.max(largest, value);
    finite &&= Number.isFinite(value);
  }
  const range = largest - least;
  const noise = Math.max(1e-12, NOISE * Math.max(Math.abs(least), Math.abs(largest)));
  if (!finite || !(range > noise)) return { values: new Float64Array(map.length), constant: true };
  return { values: Float64Array.from(map as ArrayLike<number>, (value) => (value - least) / range), constant: false };
}

/**
 * Bilinear enlargement with half-pixel centres and no antialiasing, as PyTorch's
 * `interpolate(mode='bilinear', align_corners=False)`, in double precision.
 */
export function upsampleBilinear(
  map: MapValues,
  [height, width]: readonly [number, number],
  [toHeight, toWidth]: readonly [number, number],
): Float64Array {
  checkSize(map, height, width);
  return enlargeBilinear(map, [height, width], [toHeight, toWidth]);
}

/** Enlargement that repeats values: each output pixel takes the input that it lies in. */
export function upsampleNearest(
  map: MapValues,
  [height, width]: readonly [number, number],
  [toHeight, toWidth]: readonly [number, number],
): Float64Array {
  checkSize(map, height, width);
  const result = new Float64Array(toHeight * toWidth);
  for (let y = 0; y < toHeight; y++) {
    const row = Math.floor(((y + 0.5) * height) / toHeight) * width;
    for (let x = 0; x < toWidth; x++) result[y * toWidth + x] = map[row + Math.floor(((x + 0.5) * width) / toWidth)]!;
  }
  return result;
}

/** Throws unless the map has height × width values. */
export function checkSize(map: MapValues, height: number, width: number): void {
  if (map.length === height * width && height > 0 && width > 0) return;
  throw new SceneError({
    code: 'HEAT_MAP_SHAPE',
    expected: `${height} × ${width} values, at least one`,
    found: `${map.length}`,
    where: 'heat map',
    fix: 'Pass the map row by row with its height and width.',
  });
}
