import type { ScalarMap } from '@ssl-scene/geometry';

/** Normalised scanpath saliency, by the two deviations in use. */
export interface ScanpathSaliency {
  /** With the deviation of the population (N), as most Python code. */
  readonly population: number;
  /** With that of a sample (N - 1), as the MATLAB code. */
  readonly sample: number;
}

/**
 * Area under the ROC curve of telling fixated pixels from others by a map's values; ties count half. `NaN` where all pixels
 * are of one kind.
 *
 * @param fixated not 0 where the pixel was looked at (or is salient)
 */
export function rocAuc(map: ScalarMap, fixated: ScalarMap): number {
  const sorted = Float64Array.from(map.data).sort();
  let [pairsWon, positives] = [0, 0];
  for (let pixel = 0; pixel < sorted.length; pixel++) {
    if (!fixated.data[pixel]) continue;
    const value = map.data[pixel]!;
    pairsWon += (countBelow(sorted, value) + countUpTo(sorted, value)) / 2;
    positives++;
  }
  // Among the pixels below are other fixated ones: each pair of them, and each with itself, was counted half.
  return (pairsWon - positives ** 2 / 2) / (positives * (sorted.length - positives));
}

/**
 * AUC of Judd et al. 2009 without its random jitter: the ROC curve through the fixated values only. It exceeds the plain ROC
 * area where fixations are few, and counts pixels that tie with a fixation as false alarms. `NaN` for a constant map.
 */
export function aucJudd(map: ScalarMap, fixated: ScalarMap): number {
  const values = Float64Array.from(map.data);
  const fixations = values
    .filter((_, pixel) => fixated.data[pixel])
    .sort()
    .reverse();
  const sorted = values.sort();
  if (fixations.length === 0 || sorted[0] === sorted.at(-1)) return Number.NaN;
  const others = values.length - fixations.length;
  const curve: [number, number][] = [[0, 0]];
  for (const [index, value] of fixations.entries()) {
    const atLeast = values.length - countBelow(sorted, value);
    curve.push([(atLeast - index - 1) / others, (index + 1) / fixations.length]);
  }
  curve.push([1, 1]);
  let area = 0;
  for (let point = 1; point < curve.length; point++) {
    const [[x0, y0], [x1, y1]] = [curve[point - 1]!, curve[point]!];
    area += ((x1 - x0) * (y0 + y1)) / 2;
  }
  return area;
}

/** Mean of the standardised map over the fixated pixels (Peters et al. 2005); `NaN` for a constant map or no fixation. */
export function scanpathSaliency(map: ScalarMap, fixated: ScalarMap): ScanpathSaliency {
  const values = Float64Array.from(map.data);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  let [sum, count] = [0, 0];
  for (let pixel = 0; pixel < values.length; pixel++) {
    if (!fixated.data[pixel]) continue;
    sum += values[pixel]! - mean;
    count++;
  }
  const isConstant = values.every((value) => value === values[0]);
  const withDeviation = (freedom: number): number =>
    isConstant ? Number.NaN : sum / count / Math.sqrt(squares / freedom);
  return { population: withDeviation(values.length), sample: withDeviation(values.length - 1) };
}

/** How many values are less. */
function countBelow(sorted: Float64Array, value: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** How many values are no more. */
function countUpTo(sorted: Float64Array, value: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}
