import { randomStream } from '@ssl-scene/random';

/** Normal numbers, the same for the same seed. */
export function randomFeatures(rows: number, dimension: number, seed: number): Float32Array {
  const features = new Float32Array(rows * dimension);
  randomStream(seed, 'features').fillNormal(features);
  return features;
}

export function randomLabels(rows: number, classes: number, seed: number): Int32Array {
  const stream = randomStream(seed, 'labels');
  return Int32Array.from({ length: rows }, () => stream.integer(0, classes));
}
