import { Worker } from 'node:worker_threads';
import { RegionStore } from '@ssl-scene/regions';
import { describe, expect, it } from 'vitest';

/** Attaches to a store and does one task until `stop` is set; answers with what it saw. */
const PROGRAM = `
  import { parentPort, workerData } from 'node:worker_threads';
  if (workerData.loader !== undefined) (await import(workerData.loader)).register();
  const { RegionStore } = await import(workerData.regions);
  const store = RegionStore.attach(workerData.buffer);
  const stop = new Int32Array(workerData.stop);
  const stopped = () => Atomics.load(stop, 0) === 1;
  const tasks = {
    // Boxes with four equal edges and maps with equal values, so that any mixture shows.
    write() {
      const map = new Uint8Array(store.heatMapSize.height * store.heatMapSize.width);
      let writes = 0;
      for (; !stopped(); writes++) {
        const edge = (writes % 1000) / 1000;
        store.setBox(0, { x0: edge, y0: edge, x1: edge, y1: edge });
        store.setHeatMap(0, map.fill(writes % 256));
      }
      return { writes };
    },
    read() {
      const boxes = new Set();
      const maps = new Set();
      let reads = 0;
      let torn = 0;
      for (; !stopped() || reads === 0; reads++) {
        const { x0, y0, x1, y1 } = store.box(0);
        if (x0 !== y0 || x0 !== x1 || x0 !== y1) torn++;
        const map = store.heatMap(0);
        if (map.some((value) => value !== map[0])) torn++;
        boxes.add(x0);
        maps.add(map[0]);
      }
      return { reads, torn, boxes: boxes.size, maps: maps.size };
    },
    // What one thread sees of a refresh by another.
    watch() {
      while (store.version === 0) {}
      const boxes = Array.from({ length: store.images }, (_, image) => store.box(image));
      return { active: store.active, boxes };
    },
  };
  parentPort.postMessage('ready');
  parentPort.postMessage(tasks[workerData.task]());`;

/** Threads read TypeScript sources by the loader that developers use; a build needs none. */
const readsSources = process.env.SSL_SCENE_TEST !== 'dist';

interface RunningTask {
  readonly ready: Promise<void>;
  readonly result: Promise<Record<string, unknown>>;
  readonly worker: Worker;
}

function start(task: string, store: RegionStore, stop: Int32Array): RunningTask {
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(PROGRAM)}`), {
    workerData: {
      task,
      buffer: store.buffer,
      stop: stop.buffer,
      loader: readsSources ? import.meta.resolve('tsx/esm/api') : undefined,
      regions: import.meta.resolve('@ssl-scene/regions'),
    },
    execArgv: readsSources ? ['--conditions=@ssl-scene/source'] : [],
  });
  let becomeReady = (): void => {};
  const ready = new Promise<void>((resolve) => {
    becomeReady = resolve;
  });
  const result = new Promise<Record<string, unknown>>((resolve, reject) => {
    worker.on('message', (message) => (message === 'ready' ? becomeReady() : resolve(message)));
    worker.once('error', reject);
  });
  return { ready: Promise.race([ready, result.then(() => undefined)]), result, worker };
}

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe('worker threads', () => {
  it('read live, and never half of a box or map', async () => {
    const store = RegionStore.create({ images: 1, heatMap: { height: 14, width: 14 } });
    store.setBox(0, { x0: 0, y0: 0, x1: 0, y1: 0 });
    const stop = new Int32Array(new SharedArrayBuffer(4));
    const tasks = [start('write', store, stop), start('read', store, stop), start('read', store, stop)];
    await Promise.all(tasks.map((task) => task.ready));
    await pause(1000);
    Atomics.store(stop, 0, 1);
    const [written, ...seen] = await Promise.all(tasks.map((task) => task.result));
    expect(written!.writes).toBeGreaterThan(100);
    for (const reader of seen) {
      expect(reader.torn).toBe(0);
      expect(reader.boxes).toBeGreaterThan(1);
      expect(reader.maps).toBeGreaterThan(1);
    }
  });

  it('go on reading the last complete entry when the writer is killed', async () => {
    const store = RegionStore.create({ images: 1, heatMap: { height: 64, width: 64 } });
    store.setBox(0, { x0: 0, y0: 0, x1: 0, y1: 0 });
    const stop = new Int32Array(new SharedArrayBuffer(4));
    for (let round = 0; round < 3; round++) {
      const writer = start('write', store, stop);
      await writer.ready;
      await pause(20);
      await writer.worker.terminate();
      const { x0, y0, x1, y1 } = store.box(0);
      expect([y0, x1, y1]).toEqual([x0, x0, x0]);
      expect(new Set(store.heatMap(0)).size).toBe(1);
    }
  });

  it('see all boxes of a refresh once they see its version', async () => {
    const store = RegionStore.create({ images: 500 });
    const stop = new Int32Array(new SharedArrayBuffer(4));
    const watcher = start('watch', store, stop);
    await watcher.ready;
    const boxes = Array.from({ length: 500 }, (_, image) => ({ x0: image / 1024, y0: 0.25, x1: 0.75, y1: 1 }));
    boxes.forEach((box, image) => {
      store.setBox(image, box);
    });
    store.setActive(true);
    store.completeRefresh();
    expect(await watcher.result).toEqual({ active: true, boxes });
  });
});
