import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findDataset, openCifar, openDataset } from '@ssl-scene/datasets';
import { sharedData } from '@ssl-scene/vitest-config/golden';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from './temporary-folder.ts';

const IMAGE = 3072;

/** Records with the given label bytes; the pixels of record r are (r + position) modulo 256. */
function records(labels: readonly (readonly number[])[]): Uint8Array {
  const bytes = labels.flatMap((label, r) => [...label, ...Array.from({ length: IMAGE }, (_, i) => (r + i) % 256)]);
  return Uint8Array.from(bytes);
}

describe('CIFAR-10', () => {
  const folder = (): string =>
    temporaryFolder({
      'data_batch_1.bin': records([[3], [0]]),
      'data_batch_2.bin': records([[9]]),
      'test_batch.bin': records([[5]]),
      'batches.meta.txt': 'a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n\n',
    });

  it('joins the files of a split in order', async () => {
    const dataset = await openDataset(findDataset(folder()));
    expect(dataset.length).toBe(3);
    expect([0, 1, 2].map((i) => dataset.label(i))).toEqual([3, 0, 9]);
    expect([0, 1, 2].map((i) => dataset.id(i))).toEqual([
      'data_batch_1.bin#0',
      'data_batch_1.bin#1',
      'data_batch_2.bin#0',
    ]);
    expect(dataset.classNames).toEqual([...'abcdefghij']);
    const test = await openDataset(findDataset(folder(), { split: 'test' }));
    expect([test.length, test.label(0)]).toEqual([1, 5]);
  });

  it('turns planes into interleaved pixels, at once and in memory of its own', () => {
    const dataset = openCifar({ kind: 'cifar10', files: [join(folder(), 'data_batch_1.bin')] });
    const raster = dataset.pixels(1);
    if (raster instanceof Promise) throw new Error('expected an immediate answer');
    fc.assert(
      fc.property(fc.nat(31), fc.nat(31), fc.nat(2), (x, y, channel) => {
        expect(raster.data[3 * (32 * y + x) + channel]).toBe((1 + 1024 * channel + 32 * y + x) % 256);
      }),
    );
    raster.data.fill(0);
    expect(dataset.pixels(1)).not.toEqual(raster);
    expect(dataset.size?.(0)).toEqual({ width: 32, height: 32 });
  });

  it('names the record in which a file ends', () => {
    const file = join(
      temporaryFolder({ 'data_batch_1.bin': records([[1], [2], [3]]).subarray(0, 2 * 3073 + 61) }),
      'data_batch_1.bin',
    );
    expect(() => openCifar({ kind: 'cifar10', files: [file] })).toThrowError(/TRUNCATED_RECORD.*61 bytes of record 2/);
  });

  it('refuses labels beyond the last class, missing files, no files and empty files', () => {
    const root = temporaryFolder({ 'bad.bin': records([[1], [10]]), 'empty.bin': '' });
    const open = (...names: string[]) => openCifar({ kind: 'cifar10', files: names.map((name) => join(root, name)) });
    expect(() => open('bad.bin')).toThrowError(/WRONG_FORMAT.*10 in record 1/);
    expect(() => open('bad.bim')).toThrowError(/DATA_NOT_FOUND.*Did you mean .*bad\.bin/);
    expect(() => open()).toThrowError(/EMPTY_DATASET/);
    expect(() => open('empty.bin')).toThrowError(/EMPTY_DATASET/);
  });

  it('refuses indices that are not there', () => {
    const dataset = openCifar({ kind: 'cifar10', files: [join(folder(), 'test_batch.bin')] });
    for (const index of [-1, 1, 0.5, Number.NaN]) {
      expect(() => dataset.pixels(index)).toThrowError(/INDEX_OUT_OF_RANGE/);
      expect(() => dataset.label(index)).toThrowError(/INDEX_OUT_OF_RANGE/);
    }
  });

  it('refuses a list of class names of the wrong length', () => {
    const root = temporaryFolder({ 'test_batch.bin': records([[1]]), 'batches.meta.txt': 'only\ntwo\n' });
    expect(() => openCifar({ kind: 'cifar10', files: [join(root, 'test_batch.bin')] })).toThrowError(/BAD_CLASS_NAMES/);
  });
});

describe('CIFAR-100', () => {
  const folder = (): string =>
    temporaryFolder({
      'train.bin': records([
        [19, 99],
        [0, 50],
      ]),
      'test.bin': records([[1, 2]]),
    });

  it('D19: offers coarse and fine labels', async () => {
    const source = findDataset(folder());
    if (source.kind !== 'cifar100') throw new Error(`found ${source.kind}`);
    const fine = await openDataset(source);
    const coarse = await openDataset({ ...source, labels: 'coarse' });
    expect([fine.label(0), fine.label(1)]).toEqual([99, 50]);
    expect([coarse.label(0), coarse.label(1)]).toEqual([19, 0]);
    expect(await fine.pixels(1)).toEqual(await coarse.pixels(1));
  });

  it('D19: detects swapped formats both ways', () => {
    const root = temporaryFolder({
      'a.bin': records([[1], [2]]),
      'b.bin': records([
        [1, 1],
        [2, 2],
      ]),
    });
    expect(() => openCifar({ kind: 'cifar100', files: [join(root, 'a.bin')] })).toThrowError(
      /WRONG_FORMAT.*CIFAR-10 records/,
    );
    expect(() => openCifar({ kind: 'cifar10', files: [join(root, 'b.bin')] })).toThrowError(
      /WRONG_FORMAT.*CIFAR-100 records/,
    );
  });
});

const real = sharedData('cifar10');

describe.skipIf(real === undefined)('the real CIFAR-10 (needs shared/data)', () => {
  it('has 1,000 images a class and the pixels of its file', async () => {
    const dataset = await openDataset(findDataset(real!, { split: 'test' }));
    expect(dataset.length).toBe(10_000);
    const counts = new Array<number>(10).fill(0);
    for (let i = 0; i < dataset.length; i++) counts[dataset.label(i)]!++;
    expect(counts).toEqual(new Array(10).fill(1000));
    expect(dataset.classNames?.slice(0, 3)).toEqual(['airplane', 'automobile', 'bird']);
    const bytes = readFileSync(join(real!, 'test_batch.bin')).subarray(3073 * 4321, 3073 * 4322);
    const { data } = await dataset.pixels(4321);
    expect(dataset.label(4321)).toBe(bytes[0]);
    expect([...data.subarray(0, 6)]).toEqual([1, 1025, 2049, 2, 1026, 2050].map((i) => bytes[i]));
  });
});
