import { SceneError } from '@ssl-scene/errors';
import { choleskyFactor, solveLower } from './cholesky.ts';
import { type Features, rowsOf } from './features.ts';
import { singularValues } from './singular-values.ts';

export interface LidarOptions {
  /** Added to the diagonal of the covariance within images. Above 0. Default 1e-4. */
  readonly delta?: number;
  /** Added to every share of the eigenvalues, which are not normalised again. Default 1e-7. */
  readonly epsilon?: number;
}

/**
 * LiDAR (Thilak et al., 2024): exp of the entropy of the eigenvalues' shares of a linear discriminant analysis that tells
 * images apart by several views of each; how many dimensions tell images, rather than views, apart. Rows are grouped by
 * their image's id, never by their position. A collapsed network gives a value near 1.
 *
 * @param features rows × dimension, one row per view. @param images which image each row shows, any numbers; at least two
 * images, each with at least two rows.
 */
export function lidar(
  features: Features,
  images: ArrayLike<number>,
  dimension: number,
  options: LidarOptions = {},
): number {
  const { delta = 1e-4, epsilon = 1e-7 } = options;
  const groups = groupRows(images, rowsOf(features, dimension, 'lidar'));
  const means = groups.map((rows) => meanOf(rows.map((row) => rowAt(features, row, dimension))));
  const centre = meanOf(means);
  const factor = choleskyFactor(withinCovariance(features, groups, means, dimension, delta), dimension);
  if (!factor) throw badlyConditioned(delta);
  // Eigenvalues of W⁻¹B are the squared singular values of the image means after W's root is divided out.
  const scale = 1 / Math.sqrt(groups.length - 1);
  const whitened = new Float64Array(groups.length * dimension);
  means.forEach((mean, group) => {
    const offset = mean.map((value, i) => (value - centre[i]!) * scale);
    whitened.set(solveLower(factor, offset), group * dimension);
  });
  const eigenvalues = new Float64Array(dimension);
  singularValues(whitened, groups.length, dimension).forEach((value, place) => {
    eigenvalues[place] = value * value;
  });
  const total = eigenvalues.reduce((sum, value) => sum + value, 0);
  const shares = eigenvalues.map((value) => (total > 0 ? value / total : 0) + epsilon);
  return Math.exp(shares.reduce((sum, share) => sum - share * Math.log(share), 0));
}

function badlyConditioned(delta: number): SceneError {
  return new SceneError({
    code: 'LIDAR_CONDITION',
    expected: 'a delta above 0 that is not lost in the rounding of the covariance within images',
    found: String(delta),
    where: 'lidar, delta',
    fix: 'Scale the features down, or raise delta.',
  });
}

function groupRows(images: ArrayLike<number>, rows: number): number[][] {
  const groups = new Map<number, number[]>();
  for (let row = 0; row < images.length; row++) {
    const group = groups.get(images[row]!);
    if (group) group.push(row);
    else groups.set(images[row]!, [row]);
  }
  const lonely = [...groups].find(([, members]) => members.length < 2);
  if (images.length === rows && groups.size >= 2 && !lonely) return [...groups.values()];
  throw new SceneError({
    code: 'LIDAR_GROUPS',
    expected: 'an image for every row, at least two images, each with at least two rows',
    found: `${images.length} for ${rows} rows, ${groups.size} images${lonely ? `, image ${lonely[0]} with one row` : ''}`,
    where: 'lidar, images',
    fix: 'Embed several augmented views of every image.',
  });
}

const rowAt = (features: Features, row: number, dimension: number): Features =>
  features.subarray(row * dimension, (row + 1) * dimension);

function meanOf(rows: readonly Features[]): Float64Array {
  const mean = new Float64Array(rows[0]!.length);
  for (const row of rows) {
    row.forEach((value, i) => {
      mean[i]! += value / rows.length;
    });
  }
  return mean;
}

function withinCovariance(
  features: Features,
  groups: readonly number[][],
  means: readonly Float64Array[],
  dimension: number,
  delta: number,
): Float64Array {
  const freedom = groups.reduce((sum, rows) => sum + rows.length - 1, 0);
  const covariance = new Float64Array(dimension * dimension);
  groups.forEach((rows, group) => {
    for (const row of rows) {
      const offset = Float64Array.from(rowAt(features, row, dimension), (value, i) => value - means[group]![i]!);
      for (let i = 0; i < dimension; i++) {
        for (let j = 0; j <= i; j++) covariance[i * dimension + j]! += (offset[i]! * offset[j]!) / freedom;
      }
    }
  });
  for (let i = 0; i < dimension; i++) covariance[i * dimension + i]! += delta;
  return covariance;
}
