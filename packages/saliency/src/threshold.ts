import { SceneError } from '@ssl-scene/errors';

/**
 * From where on a pixel of a normalised heat map is active: above a fixed value from 0 to 1; above the value that the
 * given percentage of the pixels does not exceed; or above the value that separates two classes of pixels best
 * (Otsu, 1979).
 */
export type Threshold = number | { readonly percentile: number } | 'otsu';

const BINS = 256;

/** The value that pixels must exceed. */
export function thresholdValue(threshold: Threshold, pixels: Float64Array): number {
  if (typeof threshold === 'number') return checked(threshold, 1, 'threshold');
  if (threshold === 'otsu') return otsu(pixels);
  return percentile(pixels, checked(threshold?.percentile, 100, 'threshold.percentile'));
}

function checked(value: number, most: number, where: string): number {
  if (value >= 0 && value < most) return value;
  throw new SceneError({
    code: 'THRESHOLD',
    expected: `a number of at least 0 and below ${most}, { percentile } or 'otsu'`,
    found: String(value),
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
  for (const value of pixels) counts[Math.min(BINS - 1, Math.floor(value * BINS))]! += 1;
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
