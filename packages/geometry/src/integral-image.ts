import { SceneError } from '@ssl-scene/errors';
import { checkMap, type ScalarMap } from './scalar-map.ts';

/** Sums of a map over all rectangles that begin at its first pixel. */
export interface IntegralImage {
  /** Width of the map, in pixels. */
  readonly width: number;
  /** Height of the map, in pixels. */
  readonly height: number;
  /** (height + 1) × (width + 1), row-major, with a row and a column of zeros in front; exact for integers up to 2^53. */
  readonly sums: Float64Array;
}

/** The summed-area table of a map (Crow 1984): afterwards the sum over any window takes four look-ups. */
export function integralImage(map: ScalarMap): IntegralImage {
  checkMap(map, 'integralImage');
  const { width, height, data } = map;
  const stride = width + 1;
  const sums = new Float64Array(stride * (height + 1));
  for (let y = 0; y < height; y++) {
    let rowSum = 0;
    for (let x = 0; x < width; x++) {
      rowSum += data[y * width + x]!;
      sums[(y + 1) * stride + x + 1] = sums[y * stride + x + 1]! + rowSum;
    }
  }
  return { width, height, sums };
}

/**
 * The sum over the window of pixels x … x + width - 1, y … y + height - 1; 0 where a side is 0.
 *
 * @throws SceneError `WINDOW_OUTSIDE` where the window is not within the map
 */
export function windowSum(integral: IntegralImage, x: number, y: number, width: number, height: number): number {
  const whole = Number.isInteger(x) && Number.isInteger(y) && Number.isInteger(width) && Number.isInteger(height);
  const inside = x >= 0 && y >= 0 && x + width <= integral.width && y + height <= integral.height;
  if (!whole || !inside || width < 0 || height < 0) {
    throw new SceneError({
      code: 'WINDOW_OUTSIDE',
      expected: `a window of whole pixels within ${integral.width} × ${integral.height}`,
      found: `x ${x}, y ${y}, ${width} × ${height}`,
      where: 'windowSum',
      fix: 'Clip the window first.',
    });
  }
  const { sums } = integral;
  const top = y * (integral.width + 1) + x;
  const bottom = top + height * (integral.width + 1);
  return sums[bottom + width]! - sums[bottom]! - sums[top + width]! + sums[top]!;
}
