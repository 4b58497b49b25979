import { SceneError } from '@ssl-scene/errors';
import { type Box, enlargeBilinear, type IntegralImage, integralImage, type ScalarMap } from '@ssl-scene/geometry';

/** Ranges up to this share of the largest value are noise. */
const NOISE = 1e-6;

/** The saliency of an image on a grid of cells, from 0 to 1; row `y` and column `x` of a cell are shares of the image. */
export interface SaliencyGrid {
  /** Cells across. */
  readonly width: number;
  /** Cells down. */
  readonly height: number;
  /** Row by row; the least is 0 and the largest 1, or all are 1 where the map has no shape. */
  readonly values: Float64Array;
  /** Mean of all values. */
  readonly mean: number;
  /** Whether the map has no shape (constant, or not finite somewhere), so that no place is better than another. */
  readonly uniform: boolean;
  /** Sums of the values over all rectangles. */
  readonly integral: IntegralImage;
}

/**
 * Enlarges a heat map bilinearly and stretches it to [0, 1]. A map that is constant or not finite becomes all ones.
 *
 * @param map any finite range of values
 * @param width cells across
 * @param height cells down
 */
export function saliencyGrid(map: ScalarMap, width: number, height: number): SaliencyGrid {
  const values = enlargeBilinear(map.data, [map.height, map.width], [height, width]);
  const uniform = !stretch(values);
  if (uniform) values.fill(1);
  const integral = integralImage({ width, height, data: values });
  const mean = uniform ? 1 : integral.sums.at(-1)! / values.length;
  return { width, height, values, mean, uniform, integral };
}

/**
 * Mean saliency of a window, cells that it covers in part counting in proportion: the score of a crop. Exactly 1 on a
 * uniform grid.
 *
 * @param window relative to the image, inside it, with an area
 * @throws BAD_WINDOW
 */
export function windowMean(grid: SaliencyGrid, window: Box): number {
  const { x0, y0, x1, y1 } = window;
  if (!(x0 >= 0 && x0 < x1 && x1 <= 1 && y0 >= 0 && y0 < y1 && y1 <= 1)) throw badWindow(window);
  if (grid.uniform) return 1;
  const [left, right] = [x0 * grid.width, x1 * grid.width];
  const [top, bottom] = [y0 * grid.height, y1 * grid.height];
  const { integral } = grid;
  const sum =
    sumBefore(integral, right, bottom) -
    sumBefore(integral, left, bottom) -
    sumBefore(integral, right, top) +
    sumBefore(integral, left, top);
  // Where nothing is salient, differences of sums can be a rounding below 0.
  return Math.max(sum / ((right - left) * (bottom - top)), 0);
}

/** Sum over the rectangle from the first cell to a point, which may lie within a cell: the sums are bilinear there. */
function sumBefore({ width, height, sums }: IntegralImage, x: number, y: number): number {
  const column = Math.min(Math.floor(x), width - 1);
  const row = Math.min(Math.floor(y), height - 1);
  const right = x - column;
  const down = y - row;
  const at = row * (width + 1) + column;
  const below = at + width + 1;
  const above = sums[at]! * (1 - right) + sums[at + 1]! * right;
  return above * (1 - down) + (sums[below]! * (1 - right) + sums[below + 1]! * right) * down;
}

/** Stretches values to [0, 1] in place; false where they have no shape. */
function stretch(values: Float64Array): boolean {
  let least = Number.POSITIVE_INFINITY;
  let largest = Number.NEGATIVE_INFINITY;
  let finite = true;
  for (let cell = 0; cell < values.length; cell++) {
    const value = values[cell]!;
    if (value < least) least = value;
    if (value > largest) largest = value;
    finite &&= Number.isFinite(value);
  }
  const range = largest - least;
  if (!finite || !(range >= NOISE * Math.max(1, Math.abs(largest)))) return false;
  for (let cell = 0; cell < values.length; cell++) values[cell] = (values[cell]! - least) / range;
  return true;
}

function badWindow({ x0, y0, x1, y1 }: Box): SceneError {
  return new SceneError({
    code: 'BAD_WINDOW',
    expected: 'relative edges with 0 <= x0 < x1 <= 1 and 0 <= y0 < y1 <= 1',
    found: `x ${x0} to ${x1}, y ${y0} to ${y1}`,
    where: 'windowMean',
    fix: 'Divide pixels by width and height, and clip.',
  });
}
