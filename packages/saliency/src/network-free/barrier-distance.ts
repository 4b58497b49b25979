/**
 * Approximate minimum barrier distance of each pixel to the image's border (Zhang et al., ICCV 2015): the least difference of
 * the largest and the smallest value that a path to the border must cross. Raster scans, forward and backward in turn, each
 * pixel taking over the better of the paths of two neighbours.
 *
 * @param scans number of scans. Default: 3, as in the paper
 */
export function barrierDistance(values: Float64Array, width: number, height: number, scans = 3): Float64Array {
  const paths = startAtBorder(values, width, height);
  for (let scan = 0; scan < scans; scan++) {
    const step = scan % 2 === 0 ? 1 : -1;
    const [first, last] = step > 0 ? [width + 1, values.length - width - 2] : [values.length - width - 2, width + 1];
    for (let pixel = first; step * pixel <= step * last; pixel += step) {
      const column = pixel % width;
      if (column === 0 || column === width - 1) continue;
      extendPath(values, paths, pixel, pixel - step * width);
      extendPath(values, paths, pixel, pixel - step);
    }
  }
  return paths.distance;
}

/** The best path found so far for each pixel. */
interface Paths {
  readonly distance: Float64Array;
  /** Largest value on the path. */
  readonly highest: Float64Array;
  readonly lowest: Float64Array;
}

function startAtBorder(values: Float64Array, width: number, height: number): Paths {
  const distance = new Float64Array(values.length).fill(Number.POSITIVE_INFINITY);
  distance.fill(0, 0, width);
  distance.fill(0, values.length - width);
  for (let y = 1; y < height - 1; y++) {
    distance[y * width] = 0;
    distance[(y + 1) * width - 1] = 0;
  }
  return { distance, highest: values.slice(), lowest: values.slice() };
}

/** Lets a pixel take over its neighbour's path where that is better. */
function extendPath(values: Float64Array, { distance, highest, lowest }: Paths, pixel: number, from: number): void {
  const value = values[pixel]!;
  const high = Math.max(value, highest[from]!);
  const low = Math.min(value, lowest[from]!);
  if (high - low >= distance[pixel]!) return;
  distance[pixel] = high - low;
  highest[pixel] = high;
  lowest[pixel] = low;
}
