import { join } from 'node:path';
import { type ImageDataset, type NumpySource, openDataset, openNumpy } from '@ssl-scene/datasets';
import type { Raster } from '@ssl-scene/geometry';
import { describe, expect, it } from 'vitest';
import { fixture, fixtureBytes, fixturePixels } from './fixtures.ts';
import { temporaryFolder } from './temporary-folder.ts';

const open = (images: string, options: Partial<NumpySource> = {}): Promise<ImageDataset> =>
  openNumpy({ kind: 'numpy', images: fixture(images), ...options });

function pixelsNow(dataset: ImageDataset, index: number): Raster {
  const raster = dataset.pixels(index);
  if (raster instanceof Promise) throw new Error('expected an immediate answer');
  return raster;
}

describe('NumPy arrays', () => {
  it.each([
    ['images-u1.npy', {}],
    ['images-fortran-f4.npy', { range: [0, 1] }],
    ['images-first-u2-big-endian.npy', {}],
    ['stored.npz', { imagesKey: 'x_train' }],
  ] as [string, Partial<NumpySource>][])('%s, as NumPy writes it', async (name, options) => {
    const dataset = await open(name, options);
    expect([dataset.length, dataset.id(2), dataset.label(2)]).toEqual([4, `${name}#2`, -1]);
    expect(dataset.size?.(0)).toEqual({ width: 8, height: 6 });
    for (const i of [3, 0, 1]) expect(pixelsNow(dataset, i).data).toEqual(fixturePixels(i));
    expect(() => dataset.pixels(4)).toThrowError(/INDEX_OUT_OF_RANGE/);
    dataset.close?.();
  });

  it('take labels from a file of their own, or from the archive', async () => {
    const separate = await open('images-u1.npy', { labels: fixture('labels-i8.npy'), classNames: ['a', 'b', 'c'] });
    const together = await open('stored.npz', { imagesKey: 'x_train', labelsKey: 'y_train' });
    const again = await openDataset(structuredClone(together.source));
    for (const dataset of [separate, together, again]) {
      expect([0, 1, 2, 3].map((i) => dataset.label(i))).toEqual([2, 0, 1, 2]);
      dataset.close?.();
    }
    expect(separate.classNames).toEqual(['a', 'b', 'c']);
    expect(() => separate.pixels(0)).toThrowError(/DATASET_CLOSED/);
  });

  it('come compressed, grey, with a column of labels', async () => {
    const dataset = await open('compressed.npz', { labelsKey: 'labels' });
    const red = fixturePixels(1).filter((_, i) => i % 3 === 0);
    expect([...pixelsNow(dataset, 1).data]).toEqual([...red].flatMap((value) => [value, value, value]));
    expect(dataset.label(0)).toBe(2);
    dataset.close?.();
  });

  it('say what does not fit', async () => {
    await expect(open('stored.npz')).rejects.toThrowError(/BAD_OPTION.*x_train, y_train, x_test, note/);
    await expect(open('stored.npz', { imagesKey: 'x_trian' })).rejects.toThrowError(/Did you mean "x_train"/);
    await expect(open('images-fortran-f4.npy')).rejects.toThrowError(/BAD_OPTION.*range.*f4/);
    await expect(open('images-u1.npy', { range: [1, 1] })).rejects.toThrowError(/BAD_OPTION/);
    await expect(open('labels-i8.npy')).rejects.toThrowError(/BAD_NUMPY_FILE.*\(N, H, W\).*\(4\)/);
    const labels = fixture('labels-i8.npy');
    await expect(open('images-u1.npy', { labels, classNames: ['a', 'b'] })).rejects.toThrowError(
      /BAD_NUMPY_FILE.*from -1 to 1, found 2.*label 0/,
    );
    await expect(open('images-u1.npy', { labels: fixture('images-u1.npy') })).rejects.toThrowError(/4 labels/);
    await expect(open('none.npy')).rejects.toThrowError(/DATA_NOT_FOUND/);
  });

  it('that hold Python objects, or less than they promise, are refused', async () => {
    const plain = Buffer.from(fixtureBytes('images-u1.npy'));
    const objects = Buffer.from(plain.toString('latin1').replace("'|u1'", "'|O8'"), 'latin1');
    const root = temporaryFolder({
      'objects.npy': objects,
      'cut.npy': plain.subarray(0, 300),
      'cut.npz': fixtureBytes('compressed.npz').subarray(0, 300),
      'text.npy': 'no array',
    });
    const attempt = (name: string): Promise<ImageDataset> => openNumpy({ kind: 'numpy', images: join(root, name) });
    await expect(attempt('objects.npy')).rejects.toThrowError(/BAD_NUMPY_FILE.*an array of b1, u1/);
    await expect(attempt('cut.npy')).rejects.toThrowError(/BAD_NUMPY_FILE.*576 bytes/);
    await expect(attempt('cut.npz')).rejects.toThrowError(/BROKEN_ARCHIVE/);
    await expect(attempt('text.npy')).rejects.toThrowError(/BAD_NUMPY_FILE.*signature/);
  });
});
