import { SceneError } from '@ssl-scene/errors';

/** Features of N images one after the other, N × dimension numbers. */
export type Features = Float32Array | Float64Array;

/** Number of rows; throws unless the features are whole rows of finite numbers. */
export function rowsOf(features: Features, dimension: number, where: string): number {
  if (!Number.isInteger(dimension) || dimension < 1 || features.length % dimension !== 0) {
    throw new SceneError({
      code: 'FEATURE_SHAPE',
      expected: `whole rows of ${dimension} numbers`,
      found: `${features.length} numbers`,
      where,
      fix: 'Pass N × dimension numbers, row by row, and the dimension of one row.',
    });
  }
  const bad = features.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    throw new SceneError({
      code: 'FEATURE_NOT_FINITE',
      expected: 'finite features',
      found: `${features[bad]} in row ${Math.floor(bad / dimension)}, column ${bad % dimension}`,
      where,
      fix: 'Look for the layer that produced it; a diverged network gives such features.',
    });
  }
  return features.length / dimension;
}

/** Length of each row, with a floor of 1e-12 so that a row of zeros has cosine 0 with everything. */
export function rowLengths(features: Features, rows: number, dimension: number): Float64Array {
  const lengths = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    let sum = 0;
    for (let i = row * dimension; i < (row + 1) * dimension; i++) sum += features[i]! * features[i]!;
    lengths[row] = Math.max(Math.sqrt(sum), 1e-12);
  }
  return lengths;
}

/** Some rows, in the given order; the features themselves where these are all of them. */
export function selectRows(features: Features, rows: readonly number[], dimension: number): Features {
  if (rows.length === features.length / dimension && rows.every((row, place) => row === place)) return features;
  const kept = new (features.constructor as new (length: number) => Features)(rows.length * dimension);
  rows.forEach((row, place) => {
    kept.set(features.subarray(row * dimension, (row + 1) * dimension), place * dimension);
  });
  return kept;
}
