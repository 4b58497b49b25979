import { SceneError } from '@ssl-scene/errors';
import { type Features, rowsOf } from './features.ts';
import { singularValues } from './singular-values.ts';

/**
 * Eigenvalues of the features' covariance (divided by rows - 1), descending; those below 1e-12 of the largest are 0.
 *
 * @param features rows × dimension, at least two rows.
 */
export function covarianceSpectrum(features: Features, dimension: number): Float64Array {
  const rows = rowsOf(features, dimension, 'covarianceSpectrum');
  if (rows < 2) {
    throw new SceneError({
      code: 'TOO_FEW_ROWS',
      expected: 'at least two rows of features',
      found: `${rows}`,
      where: 'covarianceSpectrum',
      fix: 'One row has no covariance.',
    });
  }
  const spectrum = new Float64Array(dimension);
  singularValues(centred(features, rows, dimension), rows, dimension).forEach((value, place) => {
    spectrum[place] = (value * value) / (rows - 1);
  });
  return spectrum.map((value) => (value > 1e-12 * spectrum[0]! ? value : 0));
}

/**
 * Features less the mean of each column. The mean is taken of the differences from the first row, so that a constant column
 * becomes exactly 0 and not what rounding leaves of it.
 */
export function centred(features: Features, rows: number, dimension: number): Float64Array {
  const result = Float64Array.from(
    features as ArrayLike<number>,
    (value, index) => value - features[index % dimension]!,
  );
  const mean = new Float64Array(dimension);
  result.forEach((value, index) => {
    mean[index % dimension]! += value / rows;
  });
  return result.map((value, index) => value - mean[index % dimension]!);
}

/**
 * NESum (He and Ozay, 2022): the sum of the covariance's eigenvalues over the largest; from 1 (one direction) to the dimension.
 * NaN where nothing varies.
 */
export function neSum(features: Features, dimension: number): number {
  const spectrum = covarianceSpectrum(features, dimension);
  return spectrum.reduce((sum, value) => sum + value, 0) / spectrum[0]!;
}

/** Which eigenvalues a power law is fitted to: places from 1, both included. */
export interface PowerLawRange {
  readonly first: number;
  readonly last: number;
}

/**
 * α-ReQ (Agrawal et al., 2022): the exponent of the power law that a spectrum follows, minus the slope of the least-squares
 * line through log eigenvalue against log place. Depends on the range. NaN where it holds zeros.
 *
 * @param spectrum descending, of {@link covarianceSpectrum}.
 */
export function alphaReq(spectrum: ArrayLike<number>, { first, last }: PowerLawRange): number {
  if (!Number.isInteger(first) || !Number.isInteger(last) || first < 1 || last <= first || last > spectrum.length) {
    throw new SceneError({
      code: 'SPECTRUM_RANGE',
      expected: `places 1 <= first < last <= ${spectrum.length}`,
      found: `${first} to ${last}`,
      where: 'alphaReq',
      fix: 'Count places from 1; both ends are included.',
    });
  }
  const places = Array.from({ length: last - first + 1 }, (_, i) => Math.log(first + i));
  const values = places.map((_, i) => Math.log(spectrum[first - 1 + i]!));
  if (!values.every(Number.isFinite)) return Number.NaN;
  const mean = (numbers: number[]): number => numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
  const [meanPlace, meanValue] = [mean(places), mean(values)];
  const covariance = mean(places.map((place, i) => (place - meanPlace) * (values[i]! - meanValue)));
  return -covariance / mean(places.map((place) => (place - meanPlace) ** 2));
}
