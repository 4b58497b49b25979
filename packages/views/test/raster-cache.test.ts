import { createViewLoader, type ViewLoaderOptions } from '@ssl-scene/views';
import { describe, expect, it } from 'vitest';
import { collect } from './copied-batch.ts';
import { reads } from './fixtures/numbered-images.mjs';
import { numberedSource } from './numbered-source.ts';
import { TWO_VIEWS } from './two-views.ts';

// A quarter of a megabyte each, so that the smallest cache holds four.
const source = numberedSource({ length: 8, width: 512, height: 170 });
const base: ViewLoaderOptions = { source, plan: TWO_VIEWS, batchSize: 4, seed: 7, workers: 0 };

async function run(options: Partial<ViewLoaderOptions>): Promise<unknown> {
  const loader = await createViewLoader({ ...base, ...options });
  const batches = await collect(loader, [0, 1, 2]);
  await loader.close();
  return batches;
}

describe('the cache of decoded images', () => {
  it('reads every image once where it holds them all, and changes no result', async () => {
    const expected = await run({});
    reads.length = 0;
    expect(await run({ cacheMegabytes: 4 })).toEqual(expected);
    expect([...reads].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it('reads the others anew where it is too small', async () => {
    const expected = await run({});
    reads.length = 0;
    expect(await run({ cacheMegabytes: 1 })).toEqual(expected);
    expect(reads).toHaveLength(8 + 2 * 4);
  });

  it('is shared by workers without mixing images up', async () => {
    expect(await run({ cacheMegabytes: 1, workers: 3 })).toEqual(await run({}));
  });

  it('does not keep what cannot be read', async () => {
    const damaged = numberedSource({ length: 8, bad: [2] });
    reads.length = 0;
    await run({ source: damaged, cacheMegabytes: 1, onBadImage: 'skip' });
    expect(reads.filter((index: number) => index === 2)).toHaveLength(3);
  });
});
