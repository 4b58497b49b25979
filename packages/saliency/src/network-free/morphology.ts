/**
 * Levels out what is smaller than a square window, bright spots first, then dark ones, and leaves the outlines of what is larger
 * as they are: opening and closing by reconstruction (Vincent 1993).
 *
 * @param values from 0 to 1, row by row
 * @param radius the window has 2 · radius + 1 pixels a side
 */
export function smoothByReconstruction(
  values: Float64Array,
  width: number,
  height: number,
  radius: number,
): Float64Array {
  const opened = openByReconstruction(values, width, height, radius);
  return complement(openByReconstruction(complement(opened), width, height, radius));
}

function openByReconstruction(values: Float64Array, width: number, height: number, radius: number): Float64Array {
  const least = leastAlong(leastAlong(values, width, height, radius, 1), width, height, radius, width);
  return reconstruct(least, values, width);
}

function complement(values: Float64Array): Float64Array {
  return values.map((value) => 1 - value);
}

/** The least value of a window along rows (a step of 1) or columns (a step of `width`); the edge values go on outside. */
function leastAlong(values: Float64Array, width: number, height: number, radius: number, step: number): Float64Array {
  const result = new Float64Array(values.length);
  const limit = step === 1 ? width : height;
  for (let pixel = 0; pixel < values.length; pixel++) {
    const position = step === 1 ? pixel % width : Math.floor(pixel / width);
    const first = pixel - Math.min(radius, position) * step;
    const last = pixel + Math.min(radius, limit - 1 - position) * step;
    let least = values[first]!;
    for (let other = first + step; other <= last; other += step) least = Math.min(least, values[other]!);
    result[pixel] = least;
  }
  return result;
}

/** Lets the marker flood up to the values, from pixel to neighbour, in scans forward and backward until nothing changes. */
function reconstruct(marker: Float64Array, values: Float64Array, width: number): Float64Array {
  const level = marker.slice();
  let isChanged = true;
  while (isChanged) {
    isChanged = scan(level, values, width, 1);
    isChanged = scan(level, values, width, -1) || isChanged;
  }
  return level;
}

/** Raises each pixel to the level of those that the scan has passed, as far as its own value allows. */
function scan(level: Float64Array, values: Float64Array, width: number, step: 1 | -1): boolean {
  const firstColumn = step === 1 ? 0 : width - 1;
  const [first, end] = step === 1 ? [0, level.length] : [level.length - 1, -1];
  let isChanged = false;
  for (let pixel = first; pixel !== end; pixel += step) {
    const before = level[pixel]!;
    let reached = before;
    if (pixel % width !== firstColumn) reached = Math.max(reached, level[pixel - step]!);
    const above = pixel - step * width;
    if (above >= 0 && above < level.length) reached = Math.max(reached, level[above]!);
    reached = Math.min(reached, values[pixel]!);
    if (reached === before) continue;
    level[pixel] = reached;
    isChanged = true;
  }
  return isChanged;
}
