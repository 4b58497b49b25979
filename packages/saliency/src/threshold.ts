import { SceneError } from '@ssl-scene/errors';

/**
 * From where on a pixel of a normalised heat map is active: above a fixed value from 0 to 1; above the value that the
 * given percentage of the pixels does not exceed; above the value that separates two classes of pixels best (Otsu,
 * 1979); or above the mean (as in SCDA) by a number of standard deviations, which may be negative.
 */
export type Threshold = number | { readonly percentile: number } | 'otsu' | { readonly deviations: number };

const BINS = 256;

/** The value that pixels must exceed. */
export function thresholdValue(threshold: Threshold, pixels: Float64Array): number {
  if (typeof threshold === 'number') return checked(threshold, 1, 'threshold');
  if (threshold === 'otsu') return otsu(pixels);
  if (threshold !== null && typeof threshold === 'object' && 'deviations' in threshold) {
    return meanAndDeviations(pixels, threshold.deviations);
  }
  return percentile(pixels, checked(threshold?.percentile, 100, 'threshold.percentile'));
}

function meanAndDeviations(pixels: Float64Array, deviations: number): number {
  if (!Number.isFinite(deviations))
    throw badThreshold('a number of standard deviations', deviations, 'threshold.deviations');
  const mean = pixels.reduce((sum, value) => sum + value, 0) / pixels.length;
  const variance = pixels.reduce((sum, value) => sum + (value - mean) ** 2, 0) / pixels.length;
  return mean + deviations * Math.sqrt(variance);
}

function checked(value: number, most: number, where: string): number {
  if (value >= 0 && value < most) return value;
  const expected = `a number of at least 0 and below ${most}, { percentile }, { deviations } or 'otsu'`;
  throw badThreshold(expected, value, where);
}

function badThreshold(expected: string, found: unknown, where: string): SceneError {
  return new SceneError({
    code: 'THRESHOLD',
    expected,
    found: String(found),
    where: `boxFromHeatMap, option ${where}`,
    fix: 'ContrastiveCrop uses 0.1.',
  });
}

/** By linear interpolation between the sorted values, as numpy's. */
function percentile(pixels: Float64Array, percentage: number): number {
  const sorted = pixels.toSorted();
  const position = (percentage / 100) * (sorted.length - 1);
  const low = Math.floor(position);
  const high = Math.min(low + 1, sorted.length - 1);
  return sorted[low]! + (position - low) * (sorted[high]! - sorted[low]!);
}

/** The upper edge of the histogram bin after which a cut gives the largest variance between the two sides. */
function otsu(pixels: Float64Array): number {
  const counts = new Float64Array(BINS);
  for (let pixel = 0; pixel < pixels.length; pixel++) {
    counts[Math.min(BINS - 1, Math.floor(pixels[pixel]! * BINS))]! += 1;
  }
  const total = counts.reduce((sum, count, bin) => sum + count * bin, 0);
  let [below, sumBelow] = [0, 0];
  let [best, bestVariance] = [0, -1];
  for (let bin = 0; bin < BINS - 1; bin++) {
    below += counts[bin]!;
    sumBelow += counts[bin]! * bin;
    const above = pixels.length - below;
    if (below === 0 || above === 0) continue;
    const distance = sumBelow / below - (total - sumBelow) / above;
    const variance = below * above * distance * distance;
    if (variance > bestVariance) [best, bestVariance] = [bin, variance];
  }
  return (best + 1) / BINS;
}
