import type { DecisionCounts } from '@ssl-scene/datasets';
import { findNative } from '@ssl-scene/native';
import { createViewLoader, type ViewLoaderOptions } from '@ssl-scene/views';
import { sharedData } from '@ssl-scene/vitest-config/golden';
import { describe, expect, it } from 'vitest';
import { type CopiedBatch, collect } from './copied-batch.ts';
import { TWO_VIEWS } from './two-views.ts';

const native = findNative();
const nativeLibrary = 'reason' in native ? undefined : native.packageDirectory;
const cifar = sharedData('cifar10');
const awkward = sharedData('awkward-images');

interface Outcome {
  readonly batches: CopiedBatch[];
  readonly badImages: string[];
  readonly decisions: DecisionCounts;
}

async function run(options: ViewLoaderOptions): Promise<Outcome> {
  const loader = await createViewLoader(options);
  try {
    const batches = await collect(loader);
    return { batches, badImages: loader.badImages().map(({ id }) => id), decisions: loader.decisions };
  } finally {
    await loader.close();
  }
}

describe.skipIf(cifar === undefined)('CIFAR-10 (needs shared/data)', () => {
  it('gives the same batches by worker threads as in the main thread', async () => {
    const source = { kind: 'cifar10', files: [`${cifar}/data_batch_1.bin`] } as const;
    const options = {
      source,
      plan: TWO_VIEWS,
      batchSize: 64,
      seed: 3,
      indices: Array.from({ length: 256 }, (_, i) => i * 39),
    };
    const threaded = await run({ ...options, workers: 2 });
    expect(threaded.batches).toHaveLength(4);
    expect(threaded).toEqual(await run({ ...options, workers: 0 }));
  });
});

describe.skipIf(awkward === undefined)('files of every make, some broken (needs shared/data)', () => {
  it('D11: give the same batches and the same list by worker threads as in the main thread', async () => {
    const source = { kind: 'image-folder', root: awkward!, classes: 'none' } as const;
    const options = { source, plan: TWO_VIEWS, batchSize: 8, seed: 3, dropLast: false, onBadImage: 'skip' } as const;
    const threaded = await run({ ...options, workers: 2 });
    expect(threaded).toEqual(await run({ ...options, workers: 0 }));
    expect(threaded.badImages).toEqual(
      expect.arrayContaining(['broken/half.jpg', 'broken/truncated.png', 'broken/text.jpg']),
    );
    const { decisions } = threaded;
    expect(Math.min(...Object.values({ ...decisions, 'profile-converted': 1 }))).toBeGreaterThan(0);
    expect(decisions['profile-converted']).toBe(0);
    if (nativeLibrary !== undefined) expect((await run({ ...options, nativeLibrary })).decisions).toEqual(decisions);
    const rows = threaded.batches.flatMap(({ indices }) => indices).length;
    expect(rows).toBeGreaterThan(2 * threaded.badImages.length);
  });
});
