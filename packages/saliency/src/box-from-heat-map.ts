import { SceneError } from '@ssl-scene/errors';
import { type Box, connectedComponents } from '@ssl-scene/geometry';
import { checkSize, type MapValues, minMaxNormalise, upsampleBilinear } from './heat-map.ts';
import { type Threshold, thresholdValue } from './threshold.ts';

export interface HeatMapBoxOptions {
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
  /** Whether the box holds all active pixels, or only the largest part of them that hangs together. Default `all`. */
  readonly component?: 'all' | 'largest';
}

/** What {@link boxFromHeatMap} found. */
export interface HeatMapBox {
  /** In shares of the image, from 0 to 1. */
  readonly box: Box;
  /** The map had no shape (constant, or not finite), so the box is the whole image. */
  readonly constant: boolean;
  /** No pixel was above the threshold, so the box is the whole image. */
  readonly empty: boolean;
  /** Whether the box reaches all four borders, for whatever reason. */
  readonly whole: boolean;
  /** Share of the pixels that are active. */
  readonly activeArea: number;
}

const WHOLE: Box = { x0: 0, y0: 0, x1: 1, y1: 1 };

/**
 * The smallest box around the active pixels of a heat map, by ContrastiveCrop's rule (Peng et al., 2022): min-max
 * normalise, enlarge bilinearly to the input's size, keep what is strictly above the threshold, take the hull. Where
 * there is nothing to see the box is the whole image and a flag says why.
 *
 * @param map height × width values, row by row.
 */
export function boxFromHeatMap(map: MapValues, height: number, width: number, options: HeatMapBoxOptions): HeatMapBox {
  const { inputHeight, inputWidth, threshold = 0.1, edges = 'full', component = 'all' } = options;
  checkSize(map, height, width);
  checkOptions(inputHeight, inputWidth, edges, component);
  const { values, constant } = minMaxNormalise(map);
  if (constant) return { box: WHOLE, constant, empty: false, whole: true, activeArea: 0 };
  const pixels = upsampleBilinear(values, [height, width], [inputHeight, inputWidth]);
  const limit = thresholdValue(threshold, pixels);
  const active = Uint8Array.from(pixels, (value) => (value > limit ? 1 : 0));
  const activeArea = active.reduce((sum, value) => sum + value, 0) / active.length;
  if (activeArea === 0) return { box: WHOLE, constant, empty: true, whole: true, activeArea };
  const mask = { width: inputWidth, height: inputHeight, data: active };
  const hull = component === 'largest' ? largestPart(mask) : hullOf(mask);
  const back = edges === 'last-index' ? 1 : 0;
  return {
    box: {
      x0: hull.x0 / inputWidth,
      y0: hull.y0 / inputHeight,
      x1: (hull.x1 - back) / inputWidth,
      y1: (hull.y1 - back) / inputHeight,
    },
    constant,
    empty: false,
    whole: hull.x0 === 0 && hull.y0 === 0 && hull.x1 === inputWidth && hull.y1 === inputHeight,
    activeArea,
  };
}

function checkOptions(inputHeight: number, inputWidth: number, edges: string, component: string): void {
  const fail = (name: string, expected: string, found: unknown): never => {
    throw new SceneError({
      code: 'HEAT_MAP_OPTION',
      expected,
      found: JSON.stringify(found) ?? String(found),
      where: `boxFromHeatMap, option ${name}`,
      fix: `Correct ${name}.`,
    });
  };
  if (!Number.isInteger(inputHeight) || inputHeight < 1)
    fail('inputHeight', 'a whole number of at least 1', inputHeight);
  if (!Number.isInteger(inputWidth) || inputWidth < 1) fail('inputWidth', 'a whole number of at least 1', inputWidth);
  if (edges !== 'full' && edges !== 'last-index') fail('edges', "'full' or 'last-index'", edges);
  if (component !== 'all' && component !== 'largest') fail('component', "'all' or 'largest'", component);
}

interface ActiveMask {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** In pixel edges. */
function hullOf({ width, height, data }: ActiveMask): Box {
  let [x0, y0, x1, y1] = [width, height, 0, 0];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (!data[y * width + x]) continue;
      x0 = Math.min(x0, x);
      y0 = Math.min(y0, y);
      x1 = Math.max(x1, x + 1);
      y1 = Math.max(y1, y + 1);
    }
  }
  return { x0, y0, x1, y1 };
}

/** In pixel edges; of parts of the same size the one met first, row by row. */
function largestPart(mask: ActiveMask): Box {
  const { sizes, boxes } = connectedComponents(mask);
  const largest = sizes.reduce((best, size, part) => (size > sizes[best]! ? part : best), 0);
  const [x0, y0, x1, y1] = boxes.subarray(4 * largest, 4 * largest + 4) as unknown as [number, number, number, number];
  return { x0, y0, x1, y1 };
}
