import {
  type HeatMapBatch,
  type HeatMapProvider,
  type ImageBatch,
  type NetworkFreeOptions,
  networkFreeHeatMaps,
} from '@ssl-scene/saliency';
import { HeatMapThread } from './heat-map-thread.ts';

/**
 * `networkFreeHeatMaps` by several threads at once: the same maps, bit for bit. Threads start with the first batch and end with
 * `dispose`.
 *
 * @param threads at least 1
 */
export function threadedHeatMaps(options: NetworkFreeOptions, threads: number): HeatMapProvider {
  const { name, needsOthers } = networkFreeHeatMaps(options);
  let pool: HeatMapThread[] = [];
  const dispose = (): void => {
    for (const thread of pool) thread.close();
    pool = [];
  };
  return {
    name,
    needsOthers,
    async maps(batch) {
      if (pool.length === 0) pool = Array.from({ length: threads }, () => new HeatMapThread(options));
      const share = Math.ceil(batch.images / pool.length);
      const parts = Array.from({ length: Math.ceil(batch.images / share) }, (_, place) =>
        pool[place]!.maps(part(batch, place * share, Math.min((place + 1) * share, batch.images))),
      );
      try {
        return joined(await Promise.all(parts));
      } catch (error) {
        // A thread that failed is gone, and would never answer again.
        dispose();
        throw error;
      }
    },
    dispose,
  };
}

/** Images from `first` until before `end`, in memory of their own. */
function part({ height, width, pixels }: ImageBatch, first: number, end: number): ImageBatch {
  const size = height * width * 3;
  return { images: end - first, height, width, pixels: pixels.slice(first * size, end * size) };
}

function joined(parts: readonly HeatMapBatch[]): HeatMapBatch {
  const { height, width } = parts[0]!;
  const values = new Float32Array(parts.reduce((length, part) => length + part.values.length, 0));
  let start = 0;
  for (const part of parts) {
    values.set(part.values, start);
    start += part.values.length;
  }
  return { height, width, values };
}
