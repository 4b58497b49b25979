import { once } from 'node:events';
import type { Worker } from 'node:worker_threads';
import type { HeatMapBatch, ImageBatch, NetworkFreeOptions } from '@ssl-scene/saliency';
import { startThread } from '@ssl-scene/views';

/** What is sent to a thread; the pixels become its own. */
export type HeatMapRequest = Omit<ImageBatch, 'others'>;

/** A thread that makes heat maps by colours alone. It keeps the process alive while it works only. */
export class HeatMapThread {
  readonly #worker: Worker;

  constructor(options: NetworkFreeOptions) {
    this.#worker = startThread(import.meta.url, 'heat-map-worker', options);
    this.#worker.unref();
  }

  /** Maps of a batch, which must be asked for one after the other. Where the thread fails, so does this. */
  async maps(batch: HeatMapRequest): Promise<HeatMapBatch> {
    this.#worker.ref();
    try {
      // Heard before it can come; an error of the thread rejects it.
      const answer = once(this.#worker, 'message');
      this.#worker.postMessage(batch, [batch.pixels.buffer as ArrayBuffer]);
      const [maps] = (await answer) as [HeatMapBatch];
      return maps;
    } finally {
      this.#worker.unref();
    }
  }

  close(): void {
    void this.#worker.terminate();
  }
}
