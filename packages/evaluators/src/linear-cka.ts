import { SceneError } from '@ssl-scene/errors';
import { type Features, rowsOf } from './features.ts';
import { centred } from './spectrum.ts';

/** Features of the same images by one network. */
export interface FeatureMatrix {
  /** rows × dimension */
  readonly features: Features;
  readonly dimension: number;
}

/**
 * Linear centred kernel alignment (Kornblith et al., 2019): how alike two representations of the same images are, from 0 to 1;
 * rotations, scales and offsets of either change nothing. NaN where one does not vary.
 */
export function linearCka(x: FeatureMatrix, y: FeatureMatrix): number {
  const rows = rowsOf(x.features, x.dimension, 'linearCka, x');
  if (rows !== rowsOf(y.features, y.dimension, 'linearCka, y')) {
    throw new SceneError({
      code: 'FEATURE_SHAPE',
      expected: 'as many rows in y as in x',
      found: `${rows} and ${y.features.length / y.dimension} rows`,
      where: 'linearCka',
      fix: 'Pass features of the same images in the same order.',
    });
  }
  const centre = ({ features, dimension }: FeatureMatrix) => ({
    features: centred(features, rows, dimension),
    dimension,
  });
  const [a, b] = [centre(x), centre(y)];
  return squaredCrossNorm(a, b) / Math.sqrt(squaredCrossNorm(a, a) * squaredCrossNorm(b, b));
}

/** Squared Frobenius norm of AᵀB. */
function squaredCrossNorm(a: FeatureMatrix, b: FeatureMatrix): number {
  const rows = a.features.length / a.dimension;
  let total = 0;
  const products = new Float64Array(b.dimension);
  for (let i = 0; i < a.dimension; i++) {
    products.fill(0);
    for (let row = 0; row < rows; row++) {
      const factor = a.features[row * a.dimension + i]!;
      for (let j = 0; j < b.dimension; j++) products[j]! += factor * b.features[row * b.dimension + j]!;
    }
    total += products.reduce((sum, product) => sum + product * product, 0);
  }
  return total;
}
