import { openDataset } from '@ssl-scene/datasets';
import { type Batch, createViewLoader, type ViewLoader, type ViewLoaderOptions } from '@ssl-scene/views';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CopiedBatch, collect, copyOf } from './copied-batch.ts';
import { numberedSource } from './numbered-source.ts';
import { TWO_VIEWS } from './two-views.ts';

const base: ViewLoaderOptions = {
  source: numberedSource({ length: 40 }),
  plan: TWO_VIEWS,
  batchSize: 4,
  seed: 7,
  workers: 0,
};

async function withLoader<T>(options: Partial<ViewLoaderOptions>, use: (loader: ViewLoader) => Promise<T>): Promise<T> {
  const loader = await createViewLoader({ ...base, ...options });
  try {
    return await use(loader);
  } finally {
    await loader.close();
  }
}

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe('the ring', () => {
  it.each([0, 2])('leaves held batches alone until they are released (%i workers)', async (workers) => {
    await withLoader({ workers, prefetch: 3 }, async (loader) => {
      const expected = await collect(loader);
      const epoch = loader.epoch(0);
      const first = (await epoch.next()).value as Batch;
      const second = (await epoch.next()).value as Batch;
      await pause(50);
      expect(copyOf(first)).toEqual(expected[0]);
      expect(copyOf(second)).toEqual(expected[1]);
      first.release();
      second.release();
      const last: Batch[] = [];
      for await (const batch of { [Symbol.asyncIterator]: () => epoch }) {
        if (batch.step === 9) last.push(batch);
        else batch.release();
      }
      // Held through the end of its epoch, slot 0, so that the next epoch cannot start.
      await expect(loader.epoch(1).next()).rejects.toThrow(/BATCH_NOT_RELEASED/);
      expect(copyOf(last[0]!)).toEqual(expected[9]);
    });
  });

  it('gives the same batches whatever is held and in which order it is released', async () => {
    await withLoader({ workers: 1, prefetch: 4 }, async (loader) => {
      const expected = await collect(loader);
      const holding = fc.array(fc.nat(2), { minLength: 10, maxLength: 10 });
      await fc.assert(
        fc.asyncProperty(holding, fc.boolean(), async (limits, newestFirst) => {
          const held: { batch: Batch; copy: CopiedBatch }[] = [];
          for await (const batch of loader.epoch(0)) {
            held.push({ batch, copy: expected[batch.step]! });
            while (held.length > limits[batch.step]! || (held.length > 0 && batch.step - held[0]!.batch.step >= 2)) {
              const { batch: leaving, copy } = (newestFirst ? held.pop() : held.shift())!;
              expect(copyOf(leaving)).toEqual(copy);
              leaving.release();
              leaving.release();
            }
          }
          for (const { batch } of held) batch.release();
        }),
        { numRuns: 20 },
      );
    });
  });

  it('says so when batches are not released, instead of waiting for ever', async () => {
    await withLoader({ prefetch: 3 }, async (loader) => {
      const epoch = loader.epoch(0);
      for (let step = 0; step < 3; step++) await epoch.next();
      await expect(epoch.next()).rejects.toThrow(/BATCH_NOT_RELEASED.*at most 2 batches held.*release\(\)/);
    });
  });

  it('does not run ahead further than its size', async () => {
    const { reads } = await import('./fixtures/numbered-images.mjs');
    await openDataset(base.source);
    await withLoader({ prefetch: 3 }, async (loader) => {
      reads.length = 0;
      const epoch = loader.epoch(0);
      const { value: batch } = await epoch.next();
      await pause(50);
      expect(reads).toHaveLength(3 * 4);
      batch.release();
      await pause(50);
      expect(reads).toHaveLength(4 * 4);
      await epoch.return?.();
      await pause(50);
      expect(reads).toHaveLength(4 * 4);
    });
  });

  it.each([0, 2])('starts afresh after an epoch that was left early (%i workers)', async (workers) => {
    await withLoader({ workers }, async (loader) => {
      const expected = await collect(loader, [5]);
      let last: Batch | undefined;
      for await (const batch of loader.epoch(4)) {
        last = batch;
        if (batch.step === 1) break;
        batch.release();
      }
      const next = loader.epoch(5);
      const first = (await next.next()).value as Batch;
      const second = (await next.next()).value as Batch;
      // A late release of a batch of the epoch that was left must not free the memory of this one.
      expect(copyOf(first)).toEqual(expected[0]);
      first.release();
      last!.release();
      await pause(50);
      expect(copyOf(second)).toEqual(expected[1]);
      await next.return?.();
      expect(await collect(loader, [5])).toEqual(expected);
    });
  });

  it('holds one epoch at a time', async () => {
    await withLoader({}, async (loader) => {
      const epoch = loader.epoch(0);
      await epoch.next();
      await expect(loader.epoch(1).next()).rejects.toThrow(/EPOCH_IN_PROGRESS.*return\(\)/);
      await epoch.return?.();
      expect(await collect(loader, [1])).toHaveLength(10);
    });
  });
});

describe('a loader', () => {
  it('counts the seconds that its consumer waits', async () => {
    await withLoader({ source: numberedSource({ length: 40, late: true }) }, async (loader) => {
      expect(loader.waitSeconds).toBe(0);
      await collect(loader);
      const waited = loader.waitSeconds;
      expect(waited).toBeGreaterThan(0.01);
      await pause(20);
      expect(loader.waitSeconds).toBe(waited);
    });
  });

  it('counts crops that could not be drawn as asked', async () => {
    const plan = {
      views: [
        {
          name: 'tall',
          size: 4,
          crop: { kind: 'random-resized', scale: [1, 1], ratio: [0.1, 0.1], tries: 1 },
          augmentations: [],
        },
      ],
    } as const;
    await withLoader({ plan }, async (loader) => {
      await collect(loader);
      expect(loader.cropTally).toEqual({ fallbacks: 40, droppedBoxes: 0, imagesWithoutBox: 0 });
    });
  });

  it('knows its data set', async () => {
    await withLoader({ workers: 1, batchSize: 7 }, async ({ datasetName, length, stepsPerEpoch }) => {
      expect({ datasetName, length, stepsPerEpoch }).toEqual({
        datasetName: 'numbered images',
        length: 40,
        stepsPerEpoch: 5,
      });
    });
  });

  it.each([0, 1])('refuses to go on once closed, and closes twice without complaint (%i workers)', async (workers) => {
    const loader = await createViewLoader({ ...base, workers });
    const epoch = loader.epoch(0);
    await epoch.next();
    await Promise.all([loader.close(), loader.close()]);
    await expect(collect(loader)).rejects.toThrow(/LOADER_CLOSED/);
  });
});

describe('options', () => {
  const refuses = async (options: object, message: RegExp): Promise<void> => {
    await expect(createViewLoader({ ...base, ...options } as ViewLoaderOptions)).rejects.toThrow(message);
  };

  it('refuses a batch larger than the data set, with both numbers', async () => {
    await refuses({ batchSize: 41 }, /at most 40 images.*"numbered images", found 41 \(batchSize\)/);
    await refuses({ batchSize: 3, indices: [1, 2] }, /at most 2 images/);
    await refuses({ batchSize: 41, workers: 1 }, /at most 40 images/);
  });

  it('refuses values out of range, naming the option', async () => {
    await refuses({ batchSize: 0 }, /batchSize/);
    await refuses({ seed: -1 }, /seed/);
    await refuses({ workers: 1.5 }, /workers/);
    await refuses({ prefetch: 1 }, /prefetch/);
    await refuses({ output: 'float16' }, /float32, uint8, found "float16"/);
    await refuses({ onBadImage: 'ignore' }, /throw, skip, quarantine, blank, found "ignore"/);
    await refuses({ indices: [1, 1, 2, 3] }, /every index once, found 1 twice/);
    await refuses({ indices: [1, 2, 3, 40] }, /indices\[3\]/);
    await withLoader({}, async (loader) => {
      await expect(loader.epoch(-1).next()).rejects.toThrow(/\(epoch\)/);
      await expect(loader.epoch(0, 11).next()).rejects.toThrow(/from 0 to 10, found 11 \(fromStep\)/);
    });
  });

  it('refuses plans that cannot work, before anything starts', async () => {
    const view = TWO_VIEWS.views[0]!;
    await refuses({ plan: { views: [] } }, /at least one view/);
    await refuses({ plan: { views: [view, view] } }, /"a" twice/);
    await refuses({ plan: { views: [{ ...view, name: '' }] } }, /a name/);
    await refuses({ plan: { views: [{ ...view, size: 0 }] } }, /view "a".*a size from 1|a size from 1.*view "a"/);
    await refuses({ plan: { views: [{ ...view, crop: { kind: 'random-resize' } }] } }, /view "a", crop/);
    await refuses({ plan: { views: [{ ...view, augmentations: [{ kind: 'blur' }] }] } }, /view "a", augmentations/);
    const guided = { ...view, crop: { kind: 'contrastive' } };
    await refuses({ plan: { views: [guided] } }, /a region store, because view "a" crops by regions/);
  });
});
