import type { Picture } from './png.ts';
import { badArgument } from './report-error.ts';

/** Values over a grid, row-major. Bytes are read as 0…255 fractions, floats as they are. */
export interface HeatMap {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array | Uint8ClampedArray | Float32Array | Float64Array;
}

/** Control points of a perceptually even map from dark violet to yellow (after matplotlib's inferno). */
const COLOURS: readonly (readonly [number, number, number])[] = [
  [0, 0, 4],
  [40, 11, 84],
  [101, 21, 110],
  [159, 42, 99],
  [212, 72, 66],
  [245, 125, 21],
  [250, 193, 39],
  [252, 255, 164],
];

/** The colour of a fraction in [0, 1] (clamped), as RGB bytes. */
export function heatColour(fraction: number): [number, number, number] {
  const position = Math.min(1, Math.max(0, fraction)) * (COLOURS.length - 1);
  const lower = Math.min(COLOURS.length - 2, Math.floor(position));
  const share = position - lower;
  const from = COLOURS[lower]!;
  const to = COLOURS[lower + 1]!;
  const channel = (index: 0 | 1 | 2): number => Math.round(from[index] + share * (to[index] - from[index]));
  return [channel(0), channel(1), channel(2)];
}

/**
 * A heat map as an RGBA picture to lay over an image: values are stretched from [minimum, maximum] to [0, 1], high values
 * are bright and opaque (`opacity`), low ones transparent. A constant map is uniformly half opaque.
 */
export function heatPicture(map: HeatMap, opacity = 0.7): Picture {
  const { width, height, data } = map;
  if (data.length !== width * height || data.length === 0) {
    const found = `${data.length} values`;
    throw badArgument('heat map', `${width * height} values for ${width} x ${height}`, found, 'Pass one value a cell.');
  }
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of data) {
    if (!Number.isFinite(value)) {
      throw badArgument('heat map', 'finite values', String(value), 'Look for the step that made it non-finite.');
    }
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const pixels = new Uint8Array(width * height * 4);
  for (let i = 0; i < data.length; i++) {
    const fraction = high > low ? (data[i]! - low) / (high - low) : 0.5;
    pixels.set(heatColour(fraction), i * 4);
    pixels[i * 4 + 3] = Math.round(255 * opacity * Math.sqrt(fraction));
  }
  return { width, height, data: pixels };
}
