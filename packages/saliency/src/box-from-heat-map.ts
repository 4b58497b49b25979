import { SceneError } from '@ssl-scene/errors';
import { type Box, connectedComponents, toRelativeBox } from '@ssl-scene/geometry';
import { type ActivationOptions, type ActivePixels, activePixels } from './active-pixels.ts';
import type { MapValues } from './heat-map.ts';

export interface HeatMapBoxOptions extends ActivationOptions {
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

export const WHOLE_IMAGE: Box = { x0: 0, y0: 0, x1: 1, y1: 1 };

/**
 * The smallest box around the active pixels of a heat map, by ContrastiveCrop's rule (Peng et al., 2022): min-max
 * normalise, enlarge bilinearly to the input's size, keep what is strictly above the threshold, take the hull. Where
 * there is nothing to see the box is the whole image and a flag says why.
 *
 * @param map height × width values, row by row.
 */
export function boxFromHeatMap(map: MapValues, height: number, width: number, options: HeatMapBoxOptions): HeatMapBox {
  const { edges, component = 'all' } = options;
  checkComponent(component);
  const { constant, mask, activeArea } = activePixels(map, height, width, options);
  if (activeArea === 0) return { box: WHOLE_IMAGE, constant, empty: !constant, whole: true, activeArea };
  const hull = component === 'largest' ? largestPart(mask) : hullOf(mask);
  return {
    box: relativeBox(hull, mask, edges),
    constant,
    empty: false,
    whole: hull.x0 === 0 && hull.y0 === 0 && hull.x1 === mask.width && hull.y1 === mask.height,
    activeArea,
  };
}

/** A box of pixel edges as shares of the image, by the rule of `edges`. */
export function relativeBox(
  { x0, y0, x1, y1 }: Box,
  { width, height }: Pick<ActivePixels['mask'], 'width' | 'height'>,
  edges: ActivationOptions['edges'] = 'full',
): Box {
  const back = edges === 'last-index' ? 1 : 0;
  return toRelativeBox({ x0, y0, x1: x1 - back, y1: y1 - back }, width, height);
}

function checkComponent(component: string): void {
  if (component === 'all' || component === 'largest') return;
  throw new SceneError({
    code: 'HEAT_MAP_OPTION',
    expected: 'all or largest',
    found: JSON.stringify(component),
    where: 'boxFromHeatMap, option component',
    fix: 'Correct component.',
  });
}

/** In pixel edges. */
function hullOf({ width, height, data }: ActivePixels['mask']): Box {
  let [x0, y0, x1, y1] = [width, height, 0, 0];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (!data[y * width + x]) continue;
      if (x < x0) x0 = x;
      if (y < y0) y0 = y;
      if (x >= x1) x1 = x + 1;
      y1 = y + 1;
    }
  }
  return { x0, y0, x1, y1 };
}

/** In pixel edges; of parts of the same size the one met first, row by row. */
function largestPart(mask: ActivePixels['mask']): Box {
  const { sizes, boxes } = connectedComponents(mask);
  const largest = sizes.reduce((best, size, part) => (size > sizes[best]! ? part : best), 0);
  const [x0, y0, x1, y1] = boxes.subarray(4 * largest, 4 * largest + 4) as unknown as [number, number, number, number];
  return { x0, y0, x1, y1 };
}
