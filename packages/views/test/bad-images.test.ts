import { createViewLoader, type ViewLoaderOptions } from '@ssl-scene/views';
import { describe, expect, it } from 'vitest';
import { type CopiedBatch, collect } from './copied-batch.ts';
import { reads } from './fixtures/numbered-images.mjs';
import { numberedSource } from './numbered-source.ts';
import { TWO_VIEWS } from './two-views.ts';

const base = { plan: TWO_VIEWS, batchSize: 5, seed: 7, workers: 0 } as const;
const sound: ViewLoaderOptions = { ...base, source: numberedSource() };
const damaged: ViewLoaderOptions = { ...base, source: numberedSource({ bad: [3, 4, 11] }) };
const entry = (index: number): object => ({ index, id: `picture-${index}.png`, code: 'BROKEN_IMAGE' });

/** A batch without some of its rows. */
function without(batch: CopiedBatch, isLeftOut: (index: number) => boolean): CopiedBatch {
  const kept = [...batch.indices.keys()].filter((row) => !isLeftOut(batch.indices[row]!));
  const rowsOf = (values: number[]): number[] => {
    const length = values.length / batch.indices.length;
    return kept.flatMap((row) => values.slice(row * length, (row + 1) * length));
  };
  const all = (arrays: Record<string, number[]>): Record<string, number[]> =>
    Object.fromEntries(Object.entries(arrays).map(([name, values]) => [name, rowsOf(values)]));
  const { views, crops, imageSizes, flips } = batch;
  return {
    ...batch,
    indices: rowsOf(batch.indices),
    views: all(views),
    crops: all(crops),
    imageSizes: all(imageSizes),
    flips: all(flips),
  };
}

async function run(options: ViewLoaderOptions): Promise<{ batches: CopiedBatch[]; badImages: unknown }> {
  const loader = await createViewLoader(options);
  try {
    return { batches: await collect(loader), badImages: loader.badImages() };
  } finally {
    await loader.close();
  }
}

describe('D11: an image that cannot be read', () => {
  it.each([0, 2])('ends the epoch with an error that names it, and is listed (%i workers)', async (workers) => {
    const loader = await createViewLoader({ ...damaged, workers });
    const good: CopiedBatch[] = [];
    const epoch = (async () => {
      for await (const batch of loader.epoch(0)) {
        good.push({ ...(batch as unknown as CopiedBatch), indices: [...batch.indices] });
        batch.release();
      }
    })();
    await expect(epoch).rejects.toThrow(/BAD_IMAGE: .*half of one.*picture-(3|4|11)\.png.*onBadImage/);
    for (const { indices } of good) expect(indices.filter((index) => [3, 4, 11].includes(index))).toEqual([]);
    expect(loader.badImages()).toContainEqual(expect.objectContaining({ code: 'BROKEN_IMAGE' }));
    await loader.close();
  });

  it.each([0, 2])('is left out under "skip", the other rows as they were (%i workers)', async (workers) => {
    const { batches, badImages } = await run({ ...damaged, workers, onBadImage: 'skip' });
    const expected = (await run(sound)).batches.map((batch) => without(batch, (index) => [3, 4, 11].includes(index)));
    expect(batches).toEqual(expected);
    expect(badImages).toMatchObject([entry(3), entry(4), entry(11)]);
  });

  it('stands blank under "blank", its row listed and every other row in place', async () => {
    const { batches, badImages } = await run({ ...damaged, onBadImage: 'blank' });
    for (const [step, batch] of (await run(sound)).batches.entries()) {
      const rows = [...batch.indices.keys()].filter((row) => [3, 4, 11].includes(batch.indices[row]!));
      expect(batches[step]!.blankRows).toEqual(rows);
      expect(batches[step]!.indices).toEqual(batch.indices);
      for (const row of rows) {
        expect(new Set(batches[step]!.views.a!.slice(row * 192, (row + 1) * 192))).toEqual(new Set([0]));
        expect(batches[step]!.crops.a!.slice(row * 4, row * 4 + 4)).toEqual([0, 0, 0, 0]);
      }
      const isBad = (index: number): boolean => [3, 4, 11].includes(index);
      expect(without({ ...batches[step]!, blankRows: [] }, isBad)).toEqual(without(batch, isBad));
    }
    expect(badImages).toMatchObject([entry(3), entry(4), entry(11)]);
  });

  it('is the mean colour in a blank row of bytes', async () => {
    const normalise = { mean: [0.5, 0.25, 1], std: [1, 1, 1] } as const;
    const { batches } = await run({ ...damaged, normalise, output: 'uint8', onBadImage: 'blank' });
    const batch = batches.find(({ blankRows }) => blankRows.length > 0)!;
    const start = batch.blankRows[0]! * 192;
    expect(batch.views.a!.slice(start, start + 6)).toEqual([128, 64, 255, 128, 64, 255]);
  });

  it.each([0, 2])(
    'is not touched again under "quarantine", and gives the batches of "skip" (%i workers)',
    async (workers) => {
      const skipping = await createViewLoader({ ...base, ...damaged, onBadImage: 'skip' });
      const expected = await collect(skipping, [0, 1, 2]);
      await skipping.close();
      const loader = await createViewLoader({ ...base, ...damaged, workers, onBadImage: 'quarantine' });
      reads.length = 0;
      expect(await collect(loader, [0, 1, 2])).toEqual(expected);
      expect(loader.badImages()).toMatchObject([entry(3), entry(4), entry(11)]);
      if (workers === 0) expect(reads.filter((index) => [3, 4, 11].includes(index)).sort()).toEqual([11, 3, 4]);
      const next = await createViewLoader({
        ...base,
        ...damaged,
        onBadImage: 'quarantine',
        knownBadImages: loader.badImages(),
      });
      await loader.close();
      reads.length = 0;
      expect(await collect(next, [0, 1, 2])).toEqual(expected);
      expect(reads.filter((index) => [3, 4, 11].includes(index))).toEqual([]);
      expect(next.badImages()).toHaveLength(3);
      await next.close();
    },
  );

  it('may be a whole batch', async () => {
    const source = numberedSource({ length: 4, bad: [0, 1, 2, 3] });
    const { batches } = await run({ ...damaged, source, batchSize: 4, onBadImage: 'skip' });
    expect(batches).toMatchObject([{ indices: [], views: { a: [] } }]);
  });
});

describe('an error that is not about an image', () => {
  it.each([0, 2])(
    'ends the epoch, names image and cause, and leaves the loader usable (%i workers)',
    async (workers) => {
      const source = numberedSource({ faulty: 6 });
      const loader = await createViewLoader({ ...base, workers, source, onBadImage: 'skip' });
      for (let attempt = 0; attempt < 2; attempt++) {
        await expect(collect(loader)).rejects.toThrow(/VIEW_FAILED.*nothing is undefined \(image 6, "picture-6.png"\)/);
      }
      expect(loader.badImages()).toEqual([]);
      await loader.close();
    },
  );

  it('ends the epoch where the bytes of an image do not fit its size, whatever image came before', async () => {
    const loader = await createViewLoader({ ...base, source: numberedSource({ short: 6 }), onBadImage: 'skip' });
    const expected = /VIEW_FAILED.*BAD_RASTER.*width 12, height 10, 359 bytes.* \(image 6, "picture-6.png"\)/;
    await expect(collect(loader)).rejects.toThrow(expected);
    await loader.close();
  });
});
