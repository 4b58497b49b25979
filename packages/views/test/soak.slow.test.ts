import { createViewLoader, type ViewLoader, type ViewLoaderOptions } from '@ssl-scene/views';
import { describe, expect, it } from 'vitest';
import { numberedSource } from './numbered-source.ts';
import { TWO_VIEWS } from './two-views.ts';

const MEGABYTE = 2 ** 20;
const base: ViewLoaderOptions = {
  source: numberedSource({ length: 256, width: 96, height: 64 }),
  plan: TWO_VIEWS,
  batchSize: 32,
  seed: 7,
};

async function runEpochs(loader: ViewLoader, from: number, to: number): Promise<void> {
  for (let epoch = from; epoch < to; epoch++) {
    for await (const batch of loader.epoch(epoch)) batch.release();
  }
}

describe('memory', () => {
  it.each([0, 2])('stays flat over hundreds of epochs (%i workers)', async (workers) => {
    const loader = await createViewLoader({ ...base, workers });
    await runEpochs(loader, 0, 60);
    const before = process.memoryUsage().rss;
    await runEpochs(loader, 60, 360);
    const growth = (process.memoryUsage().rss - before) / MEGABYTE;
    await loader.close();
    // 300 epochs make 76,800 images of 18 kB: 1.4 GB if only the pixels were kept.
    expect(growth).toBeLessThan(40);
  });

  it('is given back by closed loaders, threads included', async () => {
    const openAndClose = async (): Promise<void> => {
      const loader = await createViewLoader({ ...base, workers: 2, cacheMegabytes: 16, batchSize: 256 });
      await runEpochs(loader, 0, 1);
      await loader.close();
    };
    for (let i = 0; i < 4; i++) await openAndClose();
    const before = process.memoryUsage().rss;
    for (let i = 0; i < 12; i++) await openAndClose();
    // A thread alone takes 20 MB or more.
    expect((process.memoryUsage().rss - before) / MEGABYTE).toBeLessThan(100);
  });
});
