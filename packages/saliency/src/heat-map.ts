import { SceneError } from '@ssl-scene/errors';

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
  const rows = sourcesOf(height, toHeight);
  const columns = sourcesOf(width, toWidth);
  const result = new Float64Array(toHeight * toWidth);
  const line = new Float64Array(width);
  for (let y = 0; y < toHeight; y++) {
    const [above, below, down] = [rows.low[y]! * width, rows.high[y]! * width, rows.fraction[y]!];
    for (let x = 0; x < width; x++) line[x] = map[above + x]! * (1 - down) + map[below + x]! * down;
    for (let x = 0; x < toWidth; x++) {
      const right = columns.fraction[x]!;
      result[y * toWidth + x] = line[columns.low[x]!]! * (1 - right) + line[columns.high[x]!]! * right;
    }
  }
  return result;
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

/** For every output place the two inputs that it lies between, and how far it is from the first to the second. */
function sourcesOf(inputs: number, outputs: number): { low: Int32Array; high: Int32Array; fraction: Float64Array } {
  const sources = {
    low: new Int32Array(outputs),
    high: new Int32Array(outputs),
    fraction: new Float64Array(outputs),
  };
  for (let output = 0; output < outputs; output++) {
    const source = Math.max(((output + 0.5) * inputs) / outputs - 0.5, 0);
    const low = Math.min(Math.floor(source), inputs - 1);
    sources.low[output] = low;
    sources.high[output] = Math.min(low + 1, inputs - 1);
    sources.fraction[output] = source - low;
  }
  return sources;
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
