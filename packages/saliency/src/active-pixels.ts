import { SceneError } from '@ssl-scene/errors';
import { checkSize, type MapValues, minMaxNormalise, upsampleBilinear, upsampleNearest } from './heat-map.ts';
import { type Threshold, thresholdValue } from './threshold.ts';

export interface ActivationOptions {
  /** Size of the image that the network saw, to which the map is enlarged. */
  readonly inputHeight: number;
  readonly inputWidth: number;
  /** Which pixels of the normalised, enlarged map are active: those above it. Default 0.1. */
  readonly threshold?: Threshold;
  /**
   * Where the box ends: `full` after the last active row and column; `last-index` before them, as in ContrastiveCrop's
   * code, where a box over everything ends at (size - 1) / size. Default `full`.
   */
  readonly edges?: 'full' | 'last-index';
  /** How the map is enlarged. Default `bilinear`. */
  readonly upsample?: 'bilinear' | 'nearest';
  /**
   * How the map is scaled: its least value to 0 and its largest to 1, or 0 to 0 and the largest to 1, which leaves a map
   * of large values alone active everywhere. Default `min-max`.
   */
  readonly normalise?: 'min-max' | 'max';
}

/** The enlarged map and which of its pixels are active. */
export interface ActivePixels {
  /** The map had no shape (constant, or not finite); no pixel is active. */
  readonly constant: boolean;
  /** From 0 to 1, row by row. */
  readonly pixels: Float64Array;
  /** 1 for active pixels. */
  readonly mask: { readonly width: number; readonly height: number; readonly data: Uint8Array };
  /** Share of the pixels that are active. */
  readonly activeArea: number;
}

/** Normalises a heat map, enlarges it to the input's size, and finds what is strictly above the threshold. */
export function activePixels(map: MapValues, height: number, width: number, options: ActivationOptions): ActivePixels {
  const { inputHeight, inputWidth, threshold = 0.1, upsample = 'bilinear', normalise = 'min-max' } = options;
  checkSize(map, height, width);
  checkOptions(options);
  const { values, constant } = minMaxNormalise(map);
  const data = new Uint8Array(inputHeight * inputWidth);
  const mask = { width: inputWidth, height: inputHeight, data };
  if (constant) return { constant, pixels: new Float64Array(data.length), mask, activeArea: 0 };
  const scaled = normalise === 'max' ? scaledToMaximum(map) : values;
  const enlarge = upsample === 'nearest' ? upsampleNearest : upsampleBilinear;
  const pixels = enlarge(scaled, [height, width], [inputHeight, inputWidth]);
  const limit = thresholdValue(threshold, pixels);
  let count = 0;
  for (let pixel = 0; pixel < data.length; pixel++) {
    if (!(pixels[pixel]! > limit)) continue;
    data[pixel] = 1;
    count++;
  }
  return { constant, pixels, mask, activeArea: count / data.length };
}

/** Negative values count as 0. */
function scaledToMaximum(map: MapValues): Float64Array {
  const values = Float64Array.from(map as ArrayLike<number>, (value) => Math.max(value, 0));
  const largest = values.reduce((most, value) => Math.max(most, value), 0);
  return largest > 0 ? values.map((value) => value / largest) : values;
}

function checkOptions({ inputHeight, inputWidth, edges, upsample, normalise }: ActivationOptions): void {
  const fail = (name: string, expected: string, found: unknown): never => {
    throw new SceneError({
      code: 'HEAT_MAP_OPTION',
      expected,
      found: JSON.stringify(found) ?? String(found),
      where: `heat map, option ${name}`,
      fix: `Correct ${name}.`,
    });
  };
  const oneOf = (name: string, value: string | undefined, ...choices: string[]): void => {
    if (value !== undefined && !choices.includes(value)) fail(name, choices.join(' or '), value);
  };
  if (!Number.isInteger(inputHeight) || inputHeight < 1)
    fail('inputHeight', 'a whole number of at least 1', inputHeight);
  if (!Number.isInteger(inputWidth) || inputWidth < 1) fail('inputWidth', 'a whole number of at least 1', inputWidth);
  oneOf('edges', edges, 'full', 'last-index');
  oneOf('upsample', upsample, 'bilinear', 'nearest');
  oneOf('normalise', normalise, 'min-max', 'max');
}
