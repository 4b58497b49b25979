import { augment, cropAndResize } from '@ssl-scene/augmentations';
import { openDataset } from '@ssl-scene/datasets';
import { randomStream } from '@ssl-scene/random';
import { createViewLoader, type ImagePair, PairTable, type ViewLoaderOptions, type ViewPlan } from '@ssl-scene/views';
import { describe, expect, it } from 'vitest';
import { type CopiedBatch, collect } from './copied-batch.ts';
import { numberedSource } from './numbered-source.ts';

const images = 12;
const [width, height] = [48, 40];
const source = numberedSource({ length: images, width, height });
const relative = (x: number, y: number, w: number, h: number): ImagePair['box'] => ({
  x0: x / width,
  y0: y / height,
  x1: (x + w) / width,
  y1: (y + h) / height,
});

/** Two neighbours of every image, the first with one pair, the second with two. */
const pairs = Array.from({ length: images }, (_, image) => [
  [{ partner: (image + 1) % images, box: relative(1, 2, 7, 9), partnerBox: relative(image, 3, 20, 11) }],
  [
    { partner: (image + 5) % images, box: relative(image, 5, 33, 8), partnerBox: relative(4, 4, 30, 30) },
    { partner: (image + 5) % images, box: relative(0, 0, 48, 40), partnerBox: relative(47, 39, 1, 1) },
  ],
]);
const table = PairTable.create(pairs);

const flip = { kind: 'horizontal-flip', p: 0.5 } as const;
const PLAN: ViewPlan = {
  views: [
    { name: 'whole', size: 16, crop: { kind: 'random-resized' }, augmentations: [flip] },
    { name: 'own', size: 16, crop: { kind: 'whole' }, area: 'pair', augmentations: [flip] },
    { name: 'other', size: 16, image: 'partner', area: 'pair', crop: { kind: 'whole' }, augmentations: [flip] },
    { name: 'other-image', size: 8, image: 'partner', crop: { kind: 'random-resized' }, augmentations: [] },
    { name: 'inside', size: 8, area: 'pair', crop: { kind: 'random-resized', scale: [0.2, 0.5] }, augmentations: [] },
  ],
};
const base: ViewLoaderOptions = {
  source,
  plan: PLAN,
  batchSize: 4,
  seed: 3,
  workers: 0,
  pairs: table.buffer,
  output: 'uint8',
};

async function batchesOf(options: Partial<ViewLoaderOptions> = {}): Promise<CopiedBatch[]> {
  const loader = await createViewLoader({ ...base, ...options });
  try {
    return await collect(loader, [0, 1]);
  } finally {
    await loader.close();
  }
}

/** The pair that an image gets in an epoch. */
function drawn(index: number, epoch: number): ImagePair {
  const random = randomStream(3, 'pair', epoch, index);
  const group = pairs[index]![random.integer(0, 2)]!;
  return group[random.integer(0, group.length)]!;
}

describe('views of pairs', () => {
  it.each([0, 2])('show the regions of the pair that was drawn, in both images (%i workers)', async (workers) => {
    const dataset = await openDataset(source);
    const seen = new Set<string>();
    for (const batch of await batchesOf({ workers })) {
      for (const [row, index] of batch.indices.entries()) {
        const { partner, box, partnerBox } = drawn(index, batch.epoch);
        seen.add(`${index} ${partner} ${box.x1}`);
        expect(batch.partners![row]).toBe(partner);
        for (const [name, image, { x0, y0, x1, y1 }] of [
          ['own', index, box],
          ['other', partner, partnerBox],
        ] as const) {
          const crop = {
            x: Math.round(x0 * width),
            y: Math.round(y0 * height),
            width: Math.round((x1 - x0) * width),
            height: Math.round((y1 - y0) * height),
          };
          expect(batch.crops[name]!.slice(row * 4, row * 4 + 4)).toEqual(Object.values(crop));
          const resized = cropAndResize(await dataset.pixels(image), crop, 16, 16);
          const view = augment(resized, [flip], randomStream(3, 'augment', batch.epoch, index, name));
          expect(batch.views[name]!.slice(row * 768, (row + 1) * 768)).toEqual([...view.data]);
        }
      }
    }
    expect(seen.size).toBeGreaterThan(images);
  });

  it('may be random crops inside the region', async () => {
    for (const batch of await batchesOf()) {
      for (const [row, index] of batch.indices.entries()) {
        const [x, y, w, h] = batch.crops.inside!.slice(row * 4, row * 4 + 4) as [number, number, number, number];
        const { box } = drawn(index, batch.epoch);
        expect(x).toBeGreaterThanOrEqual(Math.round(box.x0 * width));
        expect(y).toBeGreaterThanOrEqual(Math.round(box.y0 * height));
        expect(x + w).toBeLessThanOrEqual(Math.round(box.x1 * width));
        expect(y + h).toBeLessThanOrEqual(Math.round(box.y1 * height));
      }
    }
  });

  it('are left out together where either image cannot be read, and the unreadable one is listed', async () => {
    const bad = numberedSource({ length: images, width, height, bad: [2] });
    const sound = await batchesOf();
    for (const workers of [0, 2]) {
      const loader = await createViewLoader({ ...base, workers, source: bad, onBadImage: 'skip' });
      const batches = await collect(loader, [0, 1]);
      expect(loader.badImages()).toMatchObject([{ index: 2, id: 'picture-2.png' }]);
      await loader.close();
      for (const [step, { indices, epoch }] of sound.entries()) {
        const kept = indices.filter((index) => index !== 2 && drawn(index, epoch).partner !== 2);
        expect(batches[step]!.indices).toEqual(kept);
      }
    }
  });

  it('need a table with a pair for every image', async () => {
    const { pairs: _, ...without } = base;
    await expect(createViewLoader(without)).rejects.toThrow(/BAD_OPTION.*view "own".*pairs/);
    const fewer = PairTable.create(pairs.map((groups, image) => (image === 7 ? [] : groups)));
    await expect(batchesOf({ pairs: fewer.buffer })).rejects.toThrow(/BAD_OPTION.*none for image 7/);
    const indices = [0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 11];
    expect(await batchesOf({ pairs: fewer.buffer, indices })).toHaveLength(4);
    const other = PairTable.create(pairs.slice(0, 6).map(() => [[{ ...pairs[0]![0]![0]!, partner: 0 }]]));
    await expect(batchesOf({ pairs: other.buffer })).rejects.toThrow(/BAD_OPTION.*12 images.*6 images/);
  });

  it('cannot be cropped by what is known of the whole image', async () => {
    const view = { ...PLAN.views[1]!, crop: { kind: 'boxes' } } as const;
    await expect(batchesOf({ plan: { views: [view] } })).rejects.toThrow(
      /BAD_VIEW_PLAN.*region of a pair, found boxes/,
    );
  });
});

describe('a table of pairs', () => {
  it('draws groups alike, whatever the number of their pairs', () => {
    const counts = new Map<ImagePair['partner'], number>();
    for (let i = 0; i < 4000; i++) {
      const { partner } = table.draw(0, randomStream(i, 'pair'));
      counts.set(partner, (counts.get(partner) ?? 0) + 1);
    }
    for (const count of counts.values()) expect(Math.abs(count - 2000)).toBeLessThan(200);
  });

  it('is the same in another thread', () => {
    const attached = PairTable.attach(table.buffer);
    expect(attached.images).toBe(images);
    for (let i = 0; i < images; i++) {
      expect(attached.groups(i)).toBe(2);
      expect(attached.draw(i, randomStream(i, 'x'))).toEqual(table.draw(i, randomStream(i, 'x')));
    }
  });

  it('refuses what cannot be a pair', () => {
    const pair = pairs[0]![0]![0]!;
    const make = (changed: object) => (): unknown => PairTable.create([[[{ ...pair, partner: 0, ...changed }]]]);
    expect(make({ partner: 1 })).toThrow(/BAD_PAIR.*partner 1 of 1 images.*image 0/);
    expect(make({ box: { x0: 0.5, y0: 0, x1: 0.5, y1: 1 } })).toThrow(/BAD_PAIR.*x 0.5 to 0.5/);
    expect(make({ partnerBox: { x0: 0, y0: 0, x1: 1.1, y1: 1 } })).toThrow(/BAD_PAIR/);
    expect(() => PairTable.create([[[]]])).toThrow(/BAD_PAIR.*empty group/);
    expect(() => PairTable.attach(new SharedArrayBuffer(64))).toThrow(/NOT_A_PAIR_TABLE/);
  });
});
