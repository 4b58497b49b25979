import { type CropRegion, type CropSpec, cropScore, HeatMap, sampleCrop } from '@ssl-scene/cropping';
import { openDataset } from '@ssl-scene/datasets';
import { randomStream } from '@ssl-scene/random';
import { RegionStore } from '@ssl-scene/regions';
import { createViewLoader, type ViewLoaderOptions, type ViewPlan } from '@ssl-scene/views';
import { describe, expect, it } from 'vitest';
import { type CopiedBatch, collect } from './copied-batch.ts';
import { numberedSource } from './numbered-source.ts';

const images = 20;
const source = numberedSource({ length: images, width: 12, height: 10 });
const plan = (crop: CropSpec): ViewPlan => ({
  views: ['a', 'b'].map((name) => ({ name, size: 4, crop, augmentations: [] })),
});
const base = { source, batchSize: 5, seed: 7 } as const;
const guided: CropSpec = { kind: 'contrastive', scale: [0.1, 0.4] };

/** The crops that the cropper draws when asked directly. */
function expectedCrops(batch: CopiedBatch, view: string, regionOf: (index: number) => CropRegion): number[] {
  return batch.indices.flatMap((index) => {
    const random = randomStream(7, 'view', batch.epoch, index, view);
    const { x, y, width, height } = sampleCrop(guided, 12, 10, regionOf(index), random);
    return [x, y, width, height];
  });
}

describe('regions', () => {
  it.each([0, 2])('are read live: what is set between epochs steers the next (%i workers)', async (workers) => {
    const store = RegionStore.create({ images });
    const loader = await createViewLoader({ ...base, plan: plan(guided), workers, regions: store.buffer });
    const regionOf = (index: number): CropRegion => ({ box: store.box(index), active: store.active });
    const [first] = await collect(loader, [0]);
    expect(first!.crops.a).toEqual(expectedCrops(first!, 'a', regionOf));
    for (let index = 0; index < images; index++) {
      store.setBox(index, { x0: 0.5, y0: 0.25, x1: 0.75, y1: 0.5 + index / 100 });
    }
    store.setActive(true);
    const [second] = await collect(loader, [1]);
    expect(second!.crops.a).toEqual(expectedCrops(second!, 'a', regionOf));
    expect(second!.crops.b).toEqual(expectedCrops(second!, 'b', regionOf));
    expect(second!.crops.a).not.toEqual(
      expectedCrops(second!, 'a', () => ({ box: { x0: 0, y0: 0, x1: 1, y1: 1 }, active: false })),
    );
    await loader.close();
  });

  it.each([0, 1])('must be as many as the images (%i workers)', async (workers) => {
    const { buffer } = RegionStore.create({ images: 19 });
    const options: ViewLoaderOptions = { ...base, plan: plan(guided), workers, regions: buffer };
    await expect(createViewLoader(options)).rejects.toThrow(/REGIONS_MISMATCH.*20 images, found 19 regions/);
  });
});

describe('crops in labelled boxes', () => {
  it('lie in a box of the image, the same for both views', async () => {
    const loader = await createViewLoader({ ...base, plan: plan({ kind: 'boxes' }), workers: 0 });
    const dataset = await openDataset(source);
    const chosen = new Set<number>();
    for (const batch of await collect(loader, [0, 1])) {
      for (const [row, index] of batch.indices.entries()) {
        const boxOf = (view: string): number => {
          const [x, y, width, height] = batch.crops[view]!.slice(row * 4, row * 4 + 4) as [
            number,
            number,
            number,
            number,
          ];
          return dataset.boxes!(index).findIndex(
            (box) => x >= box.x0 && y >= box.y0 && x + width <= box.x1 && y + height <= box.y1,
          );
        };
        expect(boxOf('a')).toBeGreaterThanOrEqual(0);
        expect(boxOf('b')).toBe(boxOf('a'));
        chosen.add(boxOf('a'));
      }
    }
    expect(chosen).toEqual(new Set([0, 1]));
    await loader.close();
  });

  it('need a data set with boxes', async () => {
    const module = new URL('./fixtures/no-boxes.mjs', import.meta.url).href;
    const options = { ...base, source: { kind: 'plugin', module } as const, plan: plan({ kind: 'boxes' }), workers: 0 };
    await expect(createViewLoader(options)).rejects.toThrow(/BOXES_MISSING/);
  });
});

describe('scores of crops', () => {
  const scored: ViewPlan = { ...plan({ kind: 'random-resized' }), scores: { grid: 4 } };
  const store = RegionStore.create({ images, heatMap: { width: 3, height: 2 } });
  for (let index = 0; index < images; index++) {
    store.setHeatMap(index, Uint8Array.of(index, 255, 0, 40, 9 * index, 80));
  }

  it.each([0, 2])(
    'are those of cropScore by the map of the image, and 1 while it is not in use (%i workers)',
    async (workers) => {
      const loader = await createViewLoader({ ...base, plan: scored, workers, regions: store.buffer });
      store.setActive(false);
      for (const { scores } of await collect(loader, [0])) {
        expect([...scores!.a!, ...scores!.b!]).toEqual(new Array(10).fill(1));
      }
      store.setActive(true);
      for (const { indices, crops, scores } of await collect(loader, [1])) {
        for (const view of ['a', 'b']) {
          const expected = indices.map((index, row) => {
            const [x, y, width, height] = crops[view]!.slice(4 * row, 4 * row + 4) as [number, number, number, number];
            const heatMap = new HeatMap({ width: 3, height: 2, data: store.heatMap(index) });
            return cropScore({ x, y, width, height }, 12, 10, { box: store.box(index), active: true, heatMap }, 4);
          });
          expect(scores![view]).toEqual(expected.map(Math.fround));
          expect(new Set(expected).size).toBeGreaterThan(2);
        }
      }
      await loader.close();
    },
  );

  it('keep to their rows where a bad image is left out, and are 1 where it stands blank', async () => {
    const source = numberedSource({ length: images, width: 12, height: 10, bad: [3] });
    const ofAll = await createViewLoader({ ...base, plan: scored, workers: 0, regions: store.buffer });
    const good = new Map<number, number>();
    for (const { indices, scores } of await collect(ofAll, [0])) {
      for (const [row, index] of indices.entries()) good.set(index, scores!.a![row]!);
    }
    await ofAll.close();
    for (const onBadImage of ['skip', 'blank'] as const) {
      const loader = await createViewLoader({
        ...base,
        source,
        plan: scored,
        workers: 0,
        regions: store.buffer,
        onBadImage,
      });
      for (const { indices, scores } of await collect(loader, [0])) {
        expect(scores!.a).toHaveLength(indices.length);
        for (const [row, index] of indices.entries()) expect(scores!.a![row]).toBe(index === 3 ? 1 : good.get(index));
      }
      await loader.close();
    }
  });

  it('are not there unless the plan asks for them, and need heat maps', async () => {
    const loader = await createViewLoader({ ...base, plan: plan({ kind: 'random-resized' }), workers: 0 });
    for (const { scores } of await collect(loader, [0])) expect(scores).toBeUndefined();
    await loader.close();
    const without = { ...base, plan: scored, workers: 0 };
    await expect(createViewLoader(without)).rejects.toThrow(/a region store, because crops are scored/);
    const { buffer } = RegionStore.create({ images });
    await expect(createViewLoader({ ...without, regions: buffer })).rejects.toThrow(/HEAT_MAP_MISSING/);
    const plan0 = { ...scored, scores: { grid: 0 } };
    await expect(createViewLoader({ ...without, plan: plan0 })).rejects.toThrow(/plan.scores.grid/);
  });
});
