import type { Features } from './features.ts';

/** An affine map of each column. */
export interface Standardisation {
  /** Subtracted first. */
  readonly mean: Float64Array;
  /** Divides then. */
  readonly scale: Float64Array;
}

/** Mean and population standard deviation of each column; a constant column keeps the scale 1. */
export function standardisation(features: Features, rows: number, dimension: number): Standardisation {
  const mean = new Float64Array(dimension);
  const variance = new Float64Array(dimension);
  forEachValue(features, rows, dimension, (value, column) => {
    mean[column]! += value / rows;
  });
  forEachValue(features, rows, dimension, (value, column) => {
    variance[column]! += (value - mean[column]!) ** 2 / rows;
  });
  const scale = variance.map((value, column) => {
    // A constant column shows a tiny variance from rounding; dividing by it would blow noise up.
    const rounding = rows * Number.EPSILON * value + (rows * mean[column]! * Number.EPSILON) ** 2;
    return value <= rounding ? 1 : Math.sqrt(value);
  });
  return { mean, scale };
}

/** The map that changes nothing. */
export function identityStandardisation(dimension: number): Standardisation {
  return { mean: new Float64Array(dimension), scale: new Float64Array(dimension).fill(1) };
}

/** Applies the map; the result has the type of the input. */
export function standardise(features: Features, { mean, scale }: Standardisation): Features {
  const result = features.slice();
  forEachValue(features, features.length / mean.length, mean.length, (value, column, index) => {
    result[index] = (value - mean[column]!) / scale[column]!;
  });
  return result;
}

function forEachValue(
  features: Features,
  rows: number,
  dimension: number,
  visit: (value: number, column: number, index: number) => void,
): void {
  let index = 0;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < dimension; column++, index++) visit(features[index]!, column, index);
  }
}
