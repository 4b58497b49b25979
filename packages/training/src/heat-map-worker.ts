import { parentPort, workerData } from 'node:worker_threads';
import { type NetworkFreeOptions, networkFreeHeatMaps } from '@ssl-scene/saliency/network-free-heat-maps';
import type { HeatMapRequest } from './heat-map-thread.ts';

// Entry of the threads that make heat maps by colours alone: each batch that comes is answered with its maps.

const provider = networkFreeHeatMaps(workerData as NetworkFreeOptions);
const port = parentPort!;
port.on('message', async (batch: HeatMapRequest) => {
  const maps = await provider.maps(batch);
  port.postMessage(maps, [maps.values.buffer as ArrayBuffer]);
});
