import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findDataset, openDataset, openImageFolder } from '@ssl-scene/datasets';
import { sharedData } from '@ssl-scene/vitest-config/golden';
import { beforeAll, describe, expect, it } from 'vitest';
import { picture, rgbNoise } from './pictures.ts';
import { temporaryFolder } from './temporary-folder.ts';

let png: Buffer;
beforeAll(async () => {
  png = await picture('png');
});

const ids = (dataset: { length: number; id(i: number): string }): string[] =>
  Array.from({ length: dataset.length }, (_, i) => dataset.id(i));
const labels = (dataset: { length: number; label(i: number): number }): number[] =>
  Array.from({ length: dataset.length }, (_, i) => dataset.label(i));

describe('image folder', () => {
  it('takes classes from the first folder, in the order of torchvision', () => {
    const root = temporaryFolder({
      'b/2.png': png,
      'b/10.png': png,
      'a/z.png': png,
      'a/sub/a.png': png,
      'a-b/x.png': png,
    });
    const dataset = openImageFolder({ kind: 'image-folder', root });
    expect(dataset.classNames).toEqual(['a', 'a-b', 'b']);
    expect(ids(dataset)).toEqual(['a/z.png', 'a/sub/a.png', 'a-b/x.png', 'b/10.png', 'b/2.png']);
    expect(labels(dataset)).toEqual([0, 0, 1, 2, 2]);
  });

  it('has no labels where pictures lie in the root, unless class folders are asked for', () => {
    const root = temporaryFolder({ 'x.png': png, 'a/y.png': png });
    const flat = openImageFolder({ kind: 'image-folder', root });
    expect([flat.classNames, labels(flat)]).toEqual([undefined, [-1, -1]]);
    const classes = openImageFolder({ kind: 'image-folder', root, classes: 'folders' });
    expect([classes.classNames, labels(classes)]).toEqual([['a'], [-1, 0]]);
    const none = openImageFolder({ kind: 'image-folder', root: join(root, 'a'), classes: 'none' });
    expect(labels(none)).toEqual([-1]);
  });

  it('decodes to the pixels that were stored', async () => {
    const dataset = openImageFolder({ kind: 'image-folder', root: temporaryFolder({ 'x.png': png }) });
    expect(await dataset.pixels(0)).toEqual({ width: 8, height: 6, data: rgbNoise(8, 6) });
    expect(Buffer.from(await dataset.encoded!(0))).toEqual(png);
  });

  it('D13: keeps the label of a class without pictures and says so, or refuses it', () => {
    const root = temporaryFolder({ 'a/x.png': png, 'c/y.png': png, 'b/readme.txt': 'nothing' });
    const dataset = openImageFolder({ kind: 'image-folder', root });
    expect(dataset.classNames).toEqual(['a', 'b', 'c']);
    expect(labels(dataset)).toEqual([0, 2]);
    expect(dataset.warnings?.join()).toMatch(/1 class folders hold no picture.*b/);
    expect(() => openImageFolder({ kind: 'image-folder', root, emptyClasses: 'refuse' })).toThrowError(
      /EMPTY_CLASS.*b/,
    );
  });

  it('D14: warns where class folders are numbers whose text order differs', () => {
    const numbered = openImageFolder({
      kind: 'image-folder',
      root: temporaryFolder({ '1/x.png': png, '2/x.png': png, '10/x.png': png }),
    });
    expect(numbered.classNames).toEqual(['1', '10', '2']);
    expect(numbered.warnings?.[0]).toMatch(/sorted as text: label 0 is "1", label 1 "10"/);
    const padded = openImageFolder({
      kind: 'image-folder',
      root: temporaryFolder({ '01/x.png': png, '02/x.png': png, '10/x.png': png }),
    });
    expect(padded.warnings).toEqual([]);
  });

  it('D32: knows extensions in any case and counts what it leaves out', () => {
    const root = temporaryFolder({ 'a.PNG': png, 'b.Jpg': png, 'c.txt': '', 'd.txt': '', e: '', '.hidden.png': png });
    const dataset = openImageFolder({ kind: 'image-folder', root });
    expect(ids(dataset)).toEqual(['a.PNG', 'b.Jpg']);
    expect(dataset.warnings?.[0]).toMatch(/2 × \.txt, 1 × no extension/);
  });

  it('sorts by code point and reads names beyond ASCII', async () => {
    const names = ['naïve ünïcode – 图像.png', '😀.png', '\uFB00.png', 'z.png'];
    const root = temporaryFolder(Object.fromEntries(names.map((name) => [name, png])));
    const dataset = openImageFolder({ kind: 'image-folder', root });
    // U+FB00 is below U+1F600, though the first UTF-16 unit of the latter, D83D, is below FB00.
    expect(ids(dataset)).toEqual(['naïve ünïcode – 图像.png', 'z.png', '\uFB00.png', '😀.png']);
    for (let i = 0; i < 4; i++) expect((await dataset.pixels(i)).width).toBe(8);
  });

  it('D32: follows links once and reports dead ones, by name, as pictures that cannot be read', async () => {
    const root = temporaryFolder({ 'a/x.png': png });
    symlinkSync('..', join(root, 'a', 'loop'));
    symlinkSync('nowhere.png', join(root, 'a', 'dead.png'));
    const dataset = openImageFolder({ kind: 'image-folder', root });
    expect(ids(dataset)).toEqual(['a/dead.png', 'a/x.png']);
    await expect(dataset.pixels(0)).rejects.toThrowError(/UNREADABLE_FILE.*dead\.png/);
  });

  it('leaves out what is excluded by name', () => {
    const root = temporaryFolder({ 'a/x.png': png, 'a/y.png': png });
    expect(ids(openImageFolder({ kind: 'image-folder', root, exclude: ['a/x.png'] }))).toEqual(['a/y.png']);
  });

  it('refuses to reopen a folder whose content changed', async () => {
    const root = temporaryFolder({ 'a.png': png, 'b.png': png });
    const { source } = openImageFolder({ kind: 'image-folder', root });
    expect((await openDataset(structuredClone(source))).length).toBe(2);
    writeFileSync(join(root, 'aa.png'), png);
    await expect(openDataset(source)).rejects.toThrowError(/DATASET_CHANGED/);
  });

  it('says what is wrong with a folder that is missing, empty, or a file', () => {
    const root = temporaryFolder({ 'pictures/readme.txt': '' });
    mkdirSync(join(root, 'nothing'));
    const open = (name: string) => openImageFolder({ kind: 'image-folder', root: join(root, name) });
    expect(() => open('picture')).toThrowError(/DATA_NOT_FOUND.*Did you mean .*pictures/);
    expect(() => open('nothing')).toThrowError(/EMPTY_DATASET.*no file/);
    expect(() => open('pictures')).toThrowError(/EMPTY_DATASET.*1 other files/);
    expect(() => open('pictures/readme.txt')).toThrowError(/NOT_A_FOLDER/);
  });
});

describe('findDataset', () => {
  it('finds the parts of a collection, or takes the folder as it is', () => {
    const root = temporaryFolder({ 'train/a/x.png': png, 'val/a/y.png': png });
    expect(findDataset(root)).toEqual({ kind: 'image-folder', root: join(root, 'train') });
    expect(findDataset(root, { split: 'test' })).toEqual({ kind: 'image-folder', root: join(root, 'val') });
    expect(findDataset(join(root, 'train'))).toEqual({ kind: 'image-folder', root: join(root, 'train') });
    expect(() => findDataset(temporaryFolder({ 'train/x.png': png }), { split: 'test' })).toThrowError(
      /SPLIT_NOT_FOUND.*val or test/,
    );
    expect(() => findDataset(temporaryFolder({ 'test.bin': png }))).toThrowError(/SPLIT_NOT_FOUND/);
  });
});

const imagenette = sharedData('imagenette-224');

describe.skipIf(imagenette === undefined)('the real Imagenette (needs shared/data)', () => {
  it('has 200 training images in each of ten classes, 52 grey ones among all, every one of 224 × 224', async () => {
    const dataset = await openDataset(findDataset(imagenette!));
    expect([dataset.length, dataset.classNames?.length, dataset.warnings]).toEqual([2000, 10, []]);
    for (let i = 0; i < dataset.length; i += 97) {
      const { width, height, data } = await dataset.pixels(i);
      expect([width, height, data.length]).toEqual([224, 224, 224 * 224 * 3]);
      expect(dataset.label(i)).toBe(Math.floor(i / 200));
    }
    dataset.close?.();
  });
});
