import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PixelWindow } from '@ssl-scene/augmentations';
import { type DatasetSource, type ImageDataset, openDataset } from '@ssl-scene/datasets';
import { findNative } from '@ssl-scene/native';
import { createViewLoader, packDataset, type ViewLoaderOptions } from '@ssl-scene/views';
import { sharedData } from '@ssl-scene/vitest-config/golden';
import { describe, expect, it } from 'vitest';
import { ImageReader } from '../src/image-reader.ts';
import { type CopiedBatch, collect } from './copied-batch.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { TWO_VIEWS } from './two-views.ts';

const found = findNative();
const nativeLibrary = 'reason' in found ? undefined : found.packageDirectory;
const photos = sharedData('coco-mini');
const subsampled = sharedData('imagenette-224');
const awkward = sharedData('awkward-images');
const folder = temporaryFolder();

const PHOTOS: DatasetSource = { kind: 'image-folder', root: `${photos}/val2017` };

/** An image, or a window of it, in memory of its own. */
async function readFrom(
  reader: ImageReader,
  index: number,
  window?: PixelWindow,
): Promise<{ width: number; height: number; window: PixelWindow; data: Uint8Array }> {
  let data = new Uint8Array(0);
  const target = (width: number, height: number): Uint8Array => {
    data = new Uint8Array(width * height * 3);
    return data;
  };
  const image = await reader.read(index, target, window === undefined ? undefined : () => window);
  return { ...image, data };
}

async function expectSameAsDataset(dataset: ImageDataset, indices: Iterable<number>): Promise<{ native: number }> {
  const tally = { native: 0, others: 0 };
  const reader = new ImageReader(dataset, { nativeLibrary, tally });
  for (const index of indices) {
    const expected = await Promise.resolve(dataset.pixels(index)).catch(() => undefined);
    const { width, height, data } = await readFrom(reader, index).catch(() => ({
      width: 0,
      height: 0,
      data: undefined,
    }));
    expect(data === undefined, dataset.id(index)).toBe(expected === undefined);
    if (data === undefined || expected === undefined) continue;
    expect([width, height], dataset.id(index)).toEqual([expected.width, expected.height]);
    expect(Buffer.compare(data, expected.data), dataset.id(index)).toBe(0);
  }
  return tally;
}

describe.skipIf(nativeLibrary === undefined || photos === undefined || subsampled === undefined)(
  'the native JPEG decoder (needs the native library and shared/data)',
  () => {
    it('gives the pixels of the data set for photos', async () => {
      const dataset = await openDataset(PHOTOS);
      const tally = await expectSameAsDataset(
        dataset,
        Array.from({ length: 24 }, (_, i) => i * 7),
      );
      expect(tally.native).toBeGreaterThan(20);
      dataset.close?.();
    });

    it('gives them for photos with halved colour resolution', async () => {
      const dataset = await openDataset({ kind: 'image-folder', root: subsampled! });
      const tally = await expectSameAsDataset(
        dataset,
        Array.from({ length: 24 }, (_, i) => i),
      );
      expect(tally.native).toBeGreaterThan(20);
      dataset.close?.();
    });

    it.each([PHOTOS, { kind: 'image-folder', root: subsampled! } as const])(
      'gives the pixels of a window, where that is small',
      async (source) => {
        const dataset = await openDataset(source);
        const reader = new ImageReader(dataset, { nativeLibrary });
        let windows = 0;
        for (let index = 0; index < 12; index++) {
          const whole = await dataset.pixels(index);
          for (let k = 0; k < 8; k++) {
            const window = someWindow(whole, index * 8 + k);
            const part = await readFrom(reader, index, window);
            expect([part.width, part.height]).toEqual([whole.width, whole.height]);
            if (part.window.width < whole.width || part.window.height < whole.height) windows++;
            expectInside(window, part.window);
            const inPart = { ...window, x: window.x - part.window.x, y: window.y - part.window.y };
            const seen = cut({ width: part.window.width, data: part.data }, inPart);
            expect(Buffer.compare(seen, cut(whole, window)), `${dataset.id(index)} ${k}`).toBe(0);
          }
        }
        expect(windows).toBeGreaterThan(40);
        dataset.close?.();
      },
    );

    it('makes the same batches, in every thread, by windows too', async () => {
      const small = {
        name: 'small',
        size: 16,
        crop: { kind: 'random-resized', scale: [0.02, 0.1] },
        augmentations: [],
      } as const;
      for (const plan of [TWO_VIEWS, { views: [small] }]) {
        const options: ViewLoaderOptions = {
          source: PHOTOS,
          plan,
          batchSize: 8,
          seed: 3,
          indices: Array.from({ length: 16 }, (_, i) => i * 11),
          workers: 0,
        };
        const expected = await batchesOf(options);
        for (const workers of [0, 2]) {
          const loader = await createViewLoader({ ...options, workers, nativeLibrary: nativeLibrary! });
          expect(await collect(loader)).toEqual(expected);
          expect(loader.decodeTally.native + loader.decodeTally.others).toBe(16);
          expect(loader.decodeTally.native).toBeGreaterThan(12);
          await loader.close();
        }
        const cached = await batchesOf({ ...options, nativeLibrary: nativeLibrary!, cacheMegabytes: 32 }, [0, 0]);
        expect(cached).toEqual([...expected, ...expected]);
      }
    });

    it('makes the same packed file', async () => {
      const root = join(folder, 'photos');
      mkdirSync(root);
      for (const name of readdirSync(`${photos}/val2017`).slice(0, 4)) {
        copyFileSync(`${photos}/val2017/${name}`, join(root, name));
      }
      const [plain, native] = [join(folder, 'plain.pack'), join(folder, 'native.pack')];
      await packDataset({ kind: 'image-folder', root }, plain, { workers: 1 });
      await packDataset({ kind: 'image-folder', root }, native, { workers: 1, nativeLibrary: nativeLibrary! });
      expect(Buffer.compare(readFileSync(plain), readFileSync(native))).toBe(0);
    });
  },
);

describe.skipIf(nativeLibrary === undefined || awkward === undefined)(
  'awkward files (needs the native library and shared/data)',
  () => {
    it.each(['ignore', 'convert'] as const)(
      'are read, or refused, as by the data set, colour profiles: %s',
      async (colourProfile) => {
        const source = { kind: 'image-folder', root: awkward!, classes: 'none', decode: { colourProfile } } as const;
        const dataset = await openDataset(source);
        const jpegs = Array.from({ length: dataset.length }, (_, i) => i).filter((i) =>
          /\.jpe?g$/i.test(dataset.id(i)),
        );
        const { native } = await expectSameAsDataset(dataset, jpegs);
        expect(native).toBeGreaterThan(10);
        expect(native).toBeLessThan(jpegs.length);
        dataset.close?.();
      },
    );
  },
);

describe('the native library', () => {
  it.each([0, 1])('must be where it is said to be (%i workers)', async (workers) => {
    const root = mkdtempSync(join(folder, 'one-'));
    writeFileSync(join(root, 'a.ppm'), 'P6 1 1 255\nabc');
    const source = { kind: 'image-folder', root } as const;
    const options = { source, plan: TWO_VIEWS, batchSize: 1, seed: 0, workers, nativeLibrary: folder };
    await expect(createViewLoader(options)).rejects.toThrow(/NATIVE_LIBRARY_UNUSABLE.*findNative/);
  });
});

async function batchesOf(options: ViewLoaderOptions, epochs = [0]): Promise<CopiedBatch[]> {
  const loader = await createViewLoader(options);
  try {
    return await collect(loader, epochs);
  } finally {
    await loader.close();
  }
}

function someWindow({ width, height }: { width: number; height: number }, seed: number): PixelWindow {
  const part = (step: number, length: number): number => 1 + ((seed * step) % Math.floor(length * 0.8));
  const [w, h] = [part(97, width), part(61, height)];
  return { x: (seed * 31) % (width - w + 1), y: (seed * 17) % (height - h + 1), width: w, height: h };
}

function cut({ width, data }: { width: number; data: Uint8Array }, window: PixelWindow): Uint8Array {
  const rows = Array.from({ length: window.height }, (_, y) => {
    const start = ((window.y + y) * width + window.x) * 3;
    return data.subarray(start, start + window.width * 3);
  });
  return Buffer.concat(rows);
}

function expectInside(inner: PixelWindow, outer: PixelWindow): void {
  expect(inner.x).toBeGreaterThanOrEqual(outer.x);
  expect(inner.y).toBeGreaterThanOrEqual(outer.y);
  expect(inner.x + inner.width).toBeLessThanOrEqual(outer.x + outer.width);
  expect(inner.y + inner.height).toBeLessThanOrEqual(outer.y + outer.height);
}
