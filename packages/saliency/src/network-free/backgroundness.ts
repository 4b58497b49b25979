import type { ColourPlanes } from './lab.ts';

/** Width of the strips at the image's borders, as a share of its sides. */
const STRIP = 0.1;
/** Keeps the covariance of a strip of one colour invertible; colours are in CIELAB units. */
const REGULARISER = 1;

/** Distances up to this, in CIELAB units, are rounding. */
const NOISE = 1e-6;

/** A strip's mean colour and the inverse of its covariance, six numbers since it is symmetric: 00, 01, 02, 11, 12, 22. */
interface ColourModel {
  readonly mean: readonly [number, number, number];
  readonly inverse: readonly [number, number, number, number, number, number];
}

/** A window of pixels, half-open. */
type Window = readonly [x0: number, y0: number, x1: number, y1: number];

/**
 * How unlike the image's borders each pixel is in colour: Mahalanobis distances to the four strips along the borders, each
 * divided by its largest value, summed without the largest of the four, since the object may touch one border (Zhang et
 * al., ICCV 2015). From 0 to about 1.
 */
export function unlikeBorders(lab: ColourPlanes, width: number, height: number): Float64Array {
  const across = Math.max(1, Math.round(STRIP * width));
  const down = Math.max(1, Math.round(STRIP * height));
  const windows: readonly Window[] = [
    [0, 0, width, down],
    [0, height - down, width, height],
    [0, 0, across, height],
    [width - across, 0, width, height],
  ];
  const distances = windows.map((window) => distancesTo(colourModel(lab, width, window), lab));
  const combined = new Float64Array(width * height);
  for (let pixel = 0; pixel < combined.length; pixel++) {
    let [sum, most] = [0, 0];
    for (const distance of distances) {
      sum += distance[pixel]!;
      most = Math.max(most, distance[pixel]!);
    }
    combined[pixel] = sum - most;
  }
  return scaledToOne(combined);
}

/** Divides by the largest value; values that are all 0, but for rounding, become 0. */
export function scaledToOne(values: Float64Array): Float64Array {
  const largest = values.reduce((most, value) => Math.max(most, value), 0);
  return largest > NOISE ? values.map((value) => value / largest) : new Float64Array(values.length);
}

function distancesTo({ mean, inverse }: ColourModel, [first, second, third]: ColourPlanes): Float64Array {
  const [i00, i01, i02, i11, i12, i22] = inverse;
  const distances = new Float64Array(first.length);
  for (let pixel = 0; pixel < distances.length; pixel++) {
    const a = first[pixel]! - mean[0];
    const b = second[pixel]! - mean[1];
    const c = third[pixel]! - mean[2];
    const square = a * a * i00 + b * b * i11 + c * c * i22 + 2 * (a * b * i01 + a * c * i02 + b * c * i12);
    distances[pixel] = Math.sqrt(Math.max(square, 0));
  }
  return scaledToOne(distances);
}

function colourModel(planes: ColourPlanes, width: number, [x0, y0, x1, y1]: Window): ColourModel {
  const count = (x1 - x0) * (y1 - y0);
  const sums = [0, 0, 0];
  const products = [0, 0, 0, 0, 0, 0];
  for (let y = y0; y < y1; y++) {
    for (let x = x0; x < x1; x++) {
      const pixel = y * width + x;
      const [a, b, c] = [planes[0][pixel]!, planes[1][pixel]!, planes[2][pixel]!];
      sums[0]! += a;
      sums[1]! += b;
      sums[2]! += c;
      products[0]! += a * a;
      products[1]! += a * b;
      products[2]! += a * c;
      products[3]! += b * b;
      products[4]! += b * c;
      products[5]! += c * c;
    }
  }
  const [a, b, c] = sums.map((sum) => sum / count) as [number, number, number];
  const means = [a * a, a * b, a * c, b * b, b * c, c * c];
  const covariance = products.map((product, index) => product / count - means[index]!);
  for (const diagonal of [0, 3, 5]) covariance[diagonal]! += REGULARISER;
  return { mean: [a, b, c], inverse: invertSymmetric(covariance) };
}

/** By cofactors. */
function invertSymmetric(matrix: readonly number[]): ColourModel['inverse'] {
  const [a, b, c, d, e, f] = matrix as unknown as [number, number, number, number, number, number];
  const first = d * f - e * e;
  const second = c * e - b * f;
  const third = b * e - c * d;
  const determinant = a * first + b * second + c * third;
  return [
    first / determinant,
    second / determinant,
    third / determinant,
    (a * f - c * c) / determinant,
    (b * c - a * e) / determinant,
    (a * d - b * b) / determinant,
  ];
}
