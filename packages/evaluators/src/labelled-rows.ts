import type { Features } from './features.ts';
import type { Labels } from './labels.ts';

/** The rows whose label is not -1; the inputs themselves where that is all of them. */
export function labelledRows(
  features: Features,
  labels: Labels,
  dimension: number,
): { features: Features; labels: Labels } {
  const labelled: number[] = [];
  for (let row = 0; row < labels.length; row++) if (labels[row]! >= 0) labelled.push(row);
  if (labelled.length === labels.length) return { features, labels };
  const kept = new (features.constructor as new (length: number) => Features)(labelled.length * dimension);
  labelled.forEach((row, index) => {
    kept.set(features.subarray(row * dimension, (row + 1) * dimension), index * dimension);
  });
  return { features: kept, labels: Int32Array.from(labelled, (row) => labels[row]!) };
}
