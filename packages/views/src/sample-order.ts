import { randomStream } from '@ssl-scene/random';

/** The order of images in an epoch: a pure function of the seed and the epoch. `indices` limits it to some images. */
export function sampleOrder(seed: number, epoch: number, count: number, indices?: Uint32Array): Uint32Array {
  const order = randomStream(seed, 'order', epoch).permutation(count);
  return indices === undefined ? order : order.map((position) => indices[position]!);
}
