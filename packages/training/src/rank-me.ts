import { symmetricEigenvalues } from './symmetric-eigenvalues.ts';

/** Added to every share, as in the paper. */
const EPSILON = 1e-7;

/**
 * RankMe (Garrido et al., 2023): the effective number of directions that features span, the exponential of the entropy of
 * the shares of their singular values. From 1 (all rows are multiples of one) to min(rows, dimension). Rows are taken as
 * they are, not centred. NaN where a value is not finite.
 *
 * @param features rows × dimension values, row by row.
 */
export function rankMe(features: Float32Array, rows: number, dimension: number): number {
  const size = Math.min(rows, dimension);
  const gram = rows <= dimension ? gramOfRows(features, rows, dimension) : gramOfColumns(features, rows, dimension);
  if (!gram.every(Number.isFinite)) return Number.NaN;
  const singular = symmetricEigenvalues(gram, size).map((value) => Math.sqrt(Math.max(value, 0)));
  const sum = singular.reduce((total, value) => total + value, 0);
  if (sum === 0) return 1;
  const entropy = singular.reduce((total, value) => {
    const share = value / sum + EPSILON;
    return total - share * Math.log(share);
  }, 0);
  return Math.exp(entropy);
}

function gramOfRows(features: Float32Array, rows: number, dimension: number): Float64Array {
  const gram = new Float64Array(rows * rows);
  for (let a = 0; a < rows; a++) {
    for (let b = 0; b <= a; b++) {
      let sum = 0;
      for (let i = 0; i < dimension; i++) sum += features[a * dimension + i]! * features[b * dimension + i]!;
      gram[a * rows + b] = sum;
      gram[b * rows + a] = sum;
    }
  }
  return gram;
}

function gramOfColumns(features: Float32Array, rows: number, dimension: number): Float64Array {
  const gram = new Float64Array(dimension * dimension);
  for (let row = 0; row < rows; row++) {
    const values = features.subarray(row * dimension, (row + 1) * dimension);
    for (let a = 0; a < dimension; a++) {
      const here = values[a]!;
      for (let b = 0; b <= a; b++) gram[a * dimension + b]! += here * values[b]!;
    }
  }
  for (let a = 0; a < dimension; a++) for (let b = 0; b < a; b++) gram[b * dimension + a] = gram[a * dimension + b]!;
  return gram;
}
