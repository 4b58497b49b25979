import { augment, cropAndResize, normalise } from '@ssl-scene/augmentations';
import { sampleCrop } from '@ssl-scene/cropping';
import { openDataset } from '@ssl-scene/datasets';
import { randomStream } from '@ssl-scene/random';
import { createViewLoader, sampleOrder, type ViewLoaderOptions } from '@ssl-scene/views';
import { describe, expect, it } from 'vitest';
import { type CopiedBatch, collect } from './copied-batch.ts';
import { numberedSource } from './numbered-source.ts';
import { EVERY_OPERATION, TWO_VIEWS } from './two-views.ts';

const mean = [0.5, 0.4, 0.3] as const;
const std = [0.2, 0.25, 0.3] as const;
const base: ViewLoaderOptions = {
  source: numberedSource({ length: 23 }),
  plan: TWO_VIEWS,
  batchSize: 5,
  seed: 7,
  workers: 0,
  normalise: { mean, std },
};

async function batchesOf(
  options: Partial<ViewLoaderOptions>,
  epochs: readonly number[] = [0],
  fromStep = 0,
): Promise<CopiedBatch[]> {
  const loader = await createViewLoader({ ...base, ...options });
  try {
    return await collect(loader, epochs, fromStep);
  } finally {
    await loader.close();
  }
}

describe('a batch', () => {
  it.each([
    { output: 'float32', workers: 0 },
    { output: 'uint8', workers: 0 },
    { output: 'float32', workers: 2 },
  ] as const)('holds what the single packages make, one by one ($output, $workers workers)', async (options) => {
    const plan = { views: [...TWO_VIEWS.views, ...EVERY_OPERATION.views] };
    const [, batch] = await batchesOf({ ...options, plan }, [3]);
    const dataset = await openDataset(base.source);
    const order = sampleOrder(7, 3, 23);
    expect(batch!.indices).toEqual([...order.subarray(5, 10)]);
    for (const { name, size, crop: spec, augmentations } of plan.views) {
      for (const [row, index] of batch!.indices.entries()) {
        const image = await dataset.pixels(index);
        const crop = sampleCrop(spec, image.width, image.height, undefined, randomStream(7, 'view', 3, index, name));
        const resized = cropAndResize(image, crop, size, size);
        const view = augment(resized, augmentations, randomStream(7, 'augment', 3, index, name));
        const expected = options.output === 'uint8' ? view.data : normalise(view, mean, std);
        const length = size * size * 3;
        expect(batch!.views[name]!.slice(row * length, (row + 1) * length)).toEqual([...expected]);
        expect(batch!.crops[name]!.slice(row * 4, row * 4 + 4)).toEqual([crop.x, crop.y, crop.width, crop.height]);
      }
    }
  });

  it.each([
    { workers: 1, late: false },
    { workers: 3, late: false },
    { workers: 3, late: true },
    { workers: 0, late: true },
  ])('is the same with $workers workers (pixels late: $late) as in the main thread', async ({ workers, late }) => {
    const source = numberedSource({ length: 23, late });
    expect(await batchesOf({ workers, source }, [0, 1])).toEqual(await batchesOf({}, [0, 1]));
  });

  it('is the same whatever the size of the ring and the type of its values', async () => {
    const wide = await batchesOf({ prefetch: 6, workers: 2 });
    expect(wide).toEqual(await batchesOf({ prefetch: 2 }));
  });
});

describe('epochs', () => {
  it('C01: have an order of their own that depends on seed and epoch only', async () => {
    const order = (batches: CopiedBatch[]): number[] => batches.flatMap((batch) => batch.indices);
    const [first, second] = [order(await batchesOf({}, [0])), order(await batchesOf({}, [1]))];
    expect(second).not.toEqual(first);
    expect(order(await batchesOf({}, [0, 1]))).toEqual([...first, ...second]);
    expect(order(await batchesOf({}, [1]))).toEqual(second);
    expect(order(await batchesOf({ seed: 8 }, [0]))).not.toEqual(first);
  });

  it('C02: resume within an epoch with the very batches that would have come', async () => {
    const whole = await batchesOf({ workers: 2 }, [4]);
    expect(await batchesOf({ workers: 1 }, [4], 2)).toEqual(whole.slice(2));
    expect(await batchesOf({}, [4], 4)).toEqual([]);
  });

  it('D28: augment the same image anew in every epoch, and again alike with the same seed', async () => {
    const loader = await createViewLoader({ ...base, workers: 2, batchSize: 23 });
    const [first, second] = (await collect(loader, [0, 1])) as [CopiedBatch, CopiedBatch];
    await loader.close();
    const again = await batchesOf({ batchSize: 23 }, [0, 1]);
    expect(again).toEqual([first, second]);
    const rowOf = ({ indices, views }: CopiedBatch, index: number): number[] =>
      views.a!.slice(indices.indexOf(index) * 192, (indices.indexOf(index) + 1) * 192);
    for (let index = 0; index < 23; index++) expect(rowOf(second, index)).not.toEqual(rowOf(first, index));
  });

  it('gives two views of an image different draws', async () => {
    const spec = TWO_VIEWS.views[0]!;
    const [batch] = await batchesOf({ plan: { views: [spec, { ...spec, name: 'twin' }] } });
    expect(batch!.crops.twin).not.toEqual(batch!.crops.a);
  });

  it('D26: work with more workers than images, each image once', async () => {
    const source = numberedSource({ length: 3 });
    const batches = await batchesOf({ source, workers: 4, batchSize: 1 }, [0]);
    expect(batches.flatMap((batch) => batch.indices).sort()).toEqual([0, 1, 2]);
    expect(await batchesOf({ source, workers: 4, batchSize: 3 }, [0])).toHaveLength(1);
  });

  it('drop the last, smaller batch or keep it', async () => {
    expect(await batchesOf({})).toHaveLength(4);
    const kept = await batchesOf({ dropLast: false, workers: 1 });
    expect(kept).toHaveLength(5);
    expect(kept[4]!.indices).toHaveLength(3);
    expect(kept[4]!.views.a).toHaveLength(3 * 192);
    expect(kept.flatMap((batch) => batch.indices).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 23 }, (_, i) => i),
    );
  });

  it('take only the images asked for', async () => {
    const batches = await batchesOf({ indices: [4, 9, 16, 1, 22], batchSize: 2, dropLast: false });
    expect(batches.flatMap((batch) => batch.indices).sort((a, b) => a - b)).toEqual([1, 4, 9, 16, 22]);
  });
});
