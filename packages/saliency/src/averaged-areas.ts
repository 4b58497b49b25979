import { integralImage, windowSum } from '@ssl-scene/geometry';

/**
 * A map made smaller: each place is the mean of the places that it touches, as PyTorch's `adaptive_avg_pool2d`. In its own
 * size a map stays as it is.
 *
 * @param map height × width values, row by row; `to` is at most as large along either side.
 */
export function averagedAreas(
  map: Float64Array,
  [height, width]: readonly [number, number],
  [toHeight, toWidth]: readonly [number, number],
): Float64Array {
  if (height === toHeight && width === toWidth) return map;
  const sums = integralImage({ width, height, data: map });
  const result = new Float64Array(toHeight * toWidth);
  for (let row = 0; row < toHeight; row++) {
    const [y0, y1] = touched(row, height, toHeight);
    for (let column = 0; column < toWidth; column++) {
      const [x0, x1] = touched(column, width, toWidth);
      result[row * toWidth + column] = windowSum(sums, x0, y0, x1 - x0, y1 - y0) / ((x1 - x0) * (y1 - y0));
    }
  }
  return result;
}

/** The half-open range of places along one side that a place of the smaller map touches. */
function touched(place: number, from: number, to: number): [number, number] {
  return [Math.floor((place * from) / to), Math.ceil(((place + 1) * from) / to)];
}
