import { Worker } from 'node:worker_threads';
import { openSyntheticScenes } from '@ssl-scene/synthetic-scenes';
import { expect, it } from 'vitest';

/** Opens a source in a thread of its own and answers with the pixels of one image. */
const PROGRAM = `
  import { parentPort, workerData } from 'node:worker_threads';
  if (workerData.loader !== undefined) (await import(workerData.loader)).register();
  const { openDataset } = await import(workerData.datasets);
  const dataset = await openDataset(workerData.source);
  parentPort.postMessage(await dataset.pixels(workerData.index));`;

/** Threads read TypeScript sources by the loader that developers use; a build needs none. */
const readsSources = process.env.SSL_SCENE_TEST !== 'dist';

it('a worker thread makes the same scenes', async () => {
  const scenes = await openSyntheticScenes({ images: 10, seed: 4 });
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(PROGRAM)}`), {
    workerData: {
      loader: readsSources ? import.meta.resolve('tsx/esm/api') : undefined,
      datasets: import.meta.resolve('@ssl-scene/datasets'),
      source: scenes.source,
      index: 6,
    },
    execArgv: readsSources ? ['--conditions=@ssl-scene/source'] : [],
  });
  try {
    const raster = await new Promise((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
    });
    expect(raster).toEqual(scenes.pixels(6));
  } finally {
    await worker.terminate();
  }
});
