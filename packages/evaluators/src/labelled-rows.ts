import { type Features, selectRows } from './features.ts';
import type { Labels } from './labels.ts';

/** The rows whose label is not -1; the inputs themselves where that is all of them. */
export function labelledRows(
  features: Features,
  labels: Labels,
  dimension: number,
): { features: Features; labels: Labels } {
  const labelled = labelledPlaces(labels);
  if (labelled.length === labels.length) return { features, labels };
  return {
    features: selectRows(features, labelled, dimension),
    labels: Int32Array.from(labelled, (row) => labels[row]!),
  };
}

/** Places of the labels that are not -1. */
export function labelledPlaces(labels: Labels): number[] {
  const labelled: number[] = [];
  for (let row = 0; row < labels.length; row++) if (labels[row]! >= 0) labelled.push(row);
  return labelled;
}
