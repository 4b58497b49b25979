import { createHash } from 'node:crypto';
import { findNative } from '@ssl-scene/native';
import { createViewLoader, type ViewLoader, type ViewLoaderOptions } from '@ssl-scene/views';
import { sharedData } from '@ssl-scene/vitest-config/golden';
import { describe, expect, it } from 'vitest';
import { numberedSource } from './numbered-source.ts';
import { TWO_VIEWS } from './two-views.ts';

const MEGABYTE = 2 ** 20;
const images = 20_000;
const base: ViewLoaderOptions = {
  source: numberedSource({ length: images, width: 32, height: 32 }),
  plan: TWO_VIEWS,
  batchSize: 250,
  seed: 7,
};

/** A digest of all that an epoch's batches hold. */
async function digestOf(loader: ViewLoader, epoch: number): Promise<string> {
  const hash = createHash('sha256');
  for await (const batch of loader.epoch(epoch)) {
    hash.update(batch.indices);
    for (const part of [batch.views, batch.crops, batch.flips])
      for (const array of Object.values(part)) hash.update(array);
    batch.release();
  }
  return hash.digest('hex');
}

describe('an epoch of 20,000 images', () => {
  it('is the same every time, with 0, 1 and 3 workers', { timeout: 600_000 }, async () => {
    const digests: string[][] = [];
    for (const workers of [0, 1, 3]) {
      const loader = await createViewLoader({ ...base, workers });
      const [first, again, next] = [await digestOf(loader, 0), await digestOf(loader, 0), await digestOf(loader, 1)];
      expect(again).toBe(first);
      expect(next).not.toBe(first);
      digests.push([first, next]);
      await loader.close();
    }
    expect(digests[1]).toEqual(digests[0]);
    expect(digests[2]).toEqual(digests[0]);
  });

  it('leaves memory as it was, five times', { timeout: 600_000 }, async () => {
    const loader = await createViewLoader({ ...base, workers: 2 });
    const residents = await residentAfterEpochs(loader, 5);
    await loader.close();
    expect((residents.at(-1)! - residents[0]!) / MEGABYTE).toBeLessThan(30);
  });
});

const found = findNative();
const photos = sharedData('coco-mini');
const ways = [{}, ...('reason' in found ? [] : [{ nativeLibrary: found.packageDirectory }])];

describe.skipIf(photos === undefined)('reading photos (needs shared/data)', () => {
  it.each(ways)('D29: leaves memory as it was, over and over: %o', { timeout: 600_000 }, async (way) => {
    const source = { kind: 'image-folder', root: `${photos}/val2017` } as const;
    const loader = await createViewLoader({ ...base, ...way, source, batchSize: 47, workers: 2 });
    const residents = await residentAfterEpochs(loader, 8);
    await loader.close();
    // Six epochs decode 1,128 photos of 0.9 MB.
    expect((residents.at(-1)! - residents[1]!) / MEGABYTE).toBeLessThan(100);
  });
});

async function residentAfterEpochs(loader: ViewLoader, epochs: number): Promise<number[]> {
  const residents: number[] = [];
  for (let epoch = 0; epoch < epochs; epoch++) {
    for await (const batch of loader.epoch(epoch)) batch.release();
    residents.push(process.memoryUsage().rss);
  }
  return residents;
}
