import { type Features, rowsOf } from './features.ts';
import { unitRows } from './uniformity.ts';

export interface FeatureStd {
  /** Mean over the dimensions of the deviation of the features as they are. */
  readonly raw: number;
  /** The same of rows at length 1: SimSiam's sign of collapse where it nears 0. */
  readonly normalised: number;
  /** What `normalised` is near for rows that point everywhere alike: 1 / √dimension. */
  readonly isotropic: number;
}

/** How much features vary over the rows (population deviations), as they are and at length 1. */
export function featureStd(features: Features, dimension: number): FeatureStd {
  const rows = rowsOf(features, dimension, 'featureStd');
  return {
    raw: meanDeviation(features, rows, dimension),
    normalised: meanDeviation(unitRows(features, dimension, 'featureStd'), rows, dimension),
    isotropic: 1 / Math.sqrt(dimension),
  };
}

function meanDeviation(features: Features, rows: number, dimension: number): number {
  let total = 0;
  for (let column = 0; column < dimension; column++) {
    let [mean, squares] = [0, 0];
    for (let i = column; i < features.length; i += dimension) mean += features[i]! / rows;
    for (let i = column; i < features.length; i += dimension) squares += (features[i]! - mean) ** 2 / rows;
    total += Math.sqrt(squares);
  }
  return total / dimension;
}
