import { createViewLoader, type ViewLoaderOptions } from '@ssl-scene/views';
import { describe, expect, it } from 'vitest';
import { collect } from './copied-batch.ts';
import { numberedSource } from './numbered-source.ts';
import { TWO_VIEWS } from './two-views.ts';

const base: ViewLoaderOptions = {
  source: numberedSource(),
  plan: TWO_VIEWS,
  batchSize: 5,
  seed: 7,
  workers: 2,
  imageTimeLimit: 400,
};

describe('an image that takes too long', () => {
  it.each(['hang', 'spin'])('is interrupted and left out, and only that one (%s)', async (how) => {
    const warnings: string[] = [];
    const options = { ...base, onBadImage: 'quarantine', onWarning: (text: string) => warnings.push(text) } as const;
    const loader = await createViewLoader({ ...options, source: numberedSource({ [how]: 8 }) });
    const slow = await collect(loader, [0, 1]);
    expect(loader.badImages()).toMatchObject([{ index: 8, id: 'picture-8.png', code: 'DECODE_TIMEOUT' }]);
    // In the second epoch it is not touched any more.
    expect(loader.workerRestarts).toBe(1);
    expect(warnings).toEqual([expect.stringMatching(/at image "picture-8\.png" for more than 400 ms/)]);
    await loader.close();
    const broken = await createViewLoader({ ...base, onBadImage: 'skip', source: numberedSource({ bad: [8] }) });
    expect(slow).toEqual(await collect(broken, [0, 1]));
    await broken.close();
  });

  it('ends the epoch under the policy "throw", by an error that names it', async () => {
    const loader = await createViewLoader({ ...base, source: numberedSource({ hang: 8 }), onWarning: () => {} });
    await expect(collect(loader)).rejects.toThrow(/BAD_IMAGE.*400 ms.*image 8, "picture-8\.png"/);
    await loader.close();
  });

  it('is not one that waits for its turn', async () => {
    const loader = await createViewLoader({ ...base, imageTimeLimit: 50 });
    for await (const batch of loader.epoch(0)) {
      // The workers are ahead by the whole ring and wait for longer than an image may take.
      await new Promise((resolve) => setTimeout(resolve, 200));
      batch.release();
    }
    expect(loader.workerRestarts).toBe(0);
    expect(loader.badImages()).toEqual([]);
    await loader.close();
  });

  it('does not keep an epoch that was left from ending', async () => {
    const source = numberedSource({ length: 40, hang: 3 });
    const loader = await createViewLoader({ ...base, source, onBadImage: 'skip', onWarning: () => {} });
    for await (const _ of loader.epoch(0)) break;
    for await (const batch of loader.epoch(1)) batch.release();
    expect(loader.badImages()).toMatchObject([{ index: 3 }]);
    await loader.close();
  });
});
