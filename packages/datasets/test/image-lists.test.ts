import { join } from 'node:path';
import {
  type ImageDataset,
  type ImageFolderSource,
  type ImageListSource,
  openDataset,
  openImageFolder,
  openImageList,
} from '@ssl-scene/datasets';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { escapeId, excludedIds } from '../src/exclusion-list.ts';
import { globPattern } from '../src/glob-pattern.ts';
import { picture, rgbNoise } from './pictures.ts';
import { temporaryFolder } from './temporary-folder.ts';

let png: Buffer;
beforeAll(async () => {
  png = await picture('png');
});

const ids = (dataset: ImageDataset): string[] => Array.from({ length: dataset.length }, (_, i) => dataset.id(i));
const labels = (dataset: ImageDataset): number[] => Array.from({ length: dataset.length }, (_, i) => dataset.label(i));

describe('image lists', () => {
  const open = (lists: Record<string, string>, options: Partial<ImageListSource> = {}): ImageDataset => {
    const root = temporaryFolder({ 'a.png': png, 'my photo 1.png': png, ...lists });
    return openImageList({
      kind: 'image-list',
      lists: Object.keys(lists).map((name) => join(root, name)),
      ...options,
    });
  };

  it('D31: are paths alone, or paths and labels', async () => {
    const plain = open({ 'list.txt': '\uFEFFmy photo 1.png\r\n\r\na.png\r\nmissing.png\r\n' });
    expect([ids(plain), labels(plain), plain.classNames]).toEqual([
      ['my photo 1.png', 'a.png', 'missing.png'],
      [-1, -1, -1],
      undefined,
    ]);
    expect((await plain.pixels(0)).data).toEqual(rgbNoise(8, 6));
    await expect(plain.pixels(2)).rejects.toMatchObject({ code: 'UNREADABLE_FILE' });
    const labelled = open({ 'list.txt': 'my photo 1.png 3\na.png -1\n' });
    expect([ids(labelled), labels(labelled)]).toEqual([
      ['my photo 1.png', 'a.png'],
      [3, -1],
    ]);
    plain.close?.();
  });

  it('have labels only where every line has one, unless told', () => {
    const mixed = { 'list.txt': 'a.png 3\nb.png\n' };
    expect(ids(open(mixed))).toEqual(['a.png 3', 'b.png']);
    expect(() => open(mixed, { labels: 'required' })).toThrowError(/BAD_ANNOTATION.*a path and a label.*line 2/);
    expect(ids(open({ 'list.txt': 'photo 3\nphoto 4\n' }, { labels: 'none' }))).toEqual(['photo 3', 'photo 4']);
  });

  it('D17: take words as labels, in the order of their code points or of `classNames`', () => {
    const list = { 'list.txt': 'a.png\tzebra fish\nb.png\tant\nc.png\tant\n' };
    const sorted = open(list);
    expect([labels(sorted), sorted.classNames]).toEqual([
      [1, 0, 0],
      ['ant', 'zebra fish'],
    ]);
    expect(labels(open(list, { classNames: ['zebra fish', 'other', 'ant'] }))).toEqual([0, 2, 2]);
    expect(() => open(list, { classNames: ['ant'] })).toThrowError(/one of the 1 classes, found "zebra fish".*line 1/);
  });

  it('follow one another, start where they are told to, and leave out what is excluded', async () => {
    const root = temporaryFolder({ 'pictures/a.png': png, 'no.txt': '# broken\nb.png\n' });
    const lists = temporaryFolder({ 'one.txt': '/a.png\nb.png', 'two.txt': 'c.png' });
    const source: ImageListSource = {
      kind: 'image-list',
      lists: [join(lists, 'one.txt'), join(lists, 'two.txt')],
      root: join(root, 'pictures'),
      excludeLists: [join(root, 'no.txt')],
    };
    const dataset = await openDataset(source);
    expect(ids(dataset)).toEqual(['/a.png', 'c.png']);
    expect((await dataset.pixels(0)).width).toBe(8);
    expect(
      ids(await openDataset(structuredClone({ ...dataset.source, exclude: ['c.png'] } as ImageListSource))),
    ).toEqual(['/a.png']);
    dataset.close?.();
  });

  it('say what is wrong', () => {
    expect(() => open({ 'list.txt': '\n\n' })).toThrowError(/EMPTY_DATASET/);
    expect(() => openImageList({ kind: 'image-list', lists: [] })).toThrowError(/EMPTY_DATASET/);
    expect(() => open({ 'list.txt': 'a.png 5\n' }, { classNames: ['x'] })).toThrowError(/found "5".*list\.txt, line 1/);
    expect(() => open({ 'list.png': 'PNG\0\0' })).toThrowError(/BAD_ANNOTATION.*binary data/);
    expect(() =>
      openImageList({ kind: 'image-list', lists: [join(temporaryFolder({ 'lists.txt': '' }), 'list.txt')] }),
    ).toThrowError(/DATA_NOT_FOUND.*lists\.txt/);
  });
});

describe('image folders in part', () => {
  const open = (root: string | string[], options: Partial<ImageFolderSource> = {}): ImageDataset =>
    openImageFolder({ kind: 'image-folder', root, ...options });
  const root = (): string =>
    temporaryFolder({
      'cat/a.png': png,
      'cat/deep/b.jpg': png,
      'dog/c.PNG': png,
      'dog/d[1].png': png,
      'eel/e.jpeg': png,
    });

  it('take the files that patterns name', () => {
    const folder = root();
    const of = (...include: string[]): string[] => ids(open(folder, { include }));
    expect(of('**/*.png')).toEqual(['cat/a.png', 'dog/d[1].png']);
    expect(of('cat/*')).toEqual(['cat/a.png']);
    expect(of('cat/**')).toEqual(['cat/a.png', 'cat/deep/b.jpg']);
    expect(of('*/?.{jpeg,PNG}')).toEqual(['dog/c.PNG', 'eel/e.jpeg']);
    expect(of('[!c]*/[a-d]*', 'eel/*')).toEqual(['dog/c.PNG', 'dog/d[1].png', 'eel/e.jpeg']);
    expect(() => of('*.bmp')).toThrowError(/EMPTY_DATASET.*5 pictures, all left out/);
    expect(() => of('{a,b')).toThrowError(/BAD_OPTION.*an open \{/);
    expect(open(folder, { include: ['eel/*'] }).classNames).toEqual(['cat', 'dog', 'eel']);
  });

  it('D14 and D16: choose classes and their order', () => {
    const dataset = open(root(), { classNames: ['eel', 'cat'] });
    expect([dataset.classNames, ids(dataset), labels(dataset)]).toEqual([
      ['eel', 'cat'],
      ['cat/a.png', 'cat/deep/b.jpg', 'eel/e.jpeg'],
      [1, 1, 0],
    ]);
    expect(() => open(root(), { classNames: ['cat', 'cot'] })).toThrowError(/UNKNOWN_CLASS.*found cot/);
    const numbered = temporaryFolder({ '1/x.png': png, '2/x.png': png, '10/x.png': png });
    const inOrder = open(numbered, { classNames: ['1', '2', '10'] });
    expect([inOrder.warnings, labels(inOrder)]).toEqual([[], [0, 2, 1]]);
  });

  it('join several roots, whose classes are common', async () => {
    const other = temporaryFolder({ 'ape/z.png': png, 'cat/a.png': png });
    const dataset = open([root(), other], { exclude: ['0:cat/a.png'], include: ['*/*.png'] });
    expect([dataset.classNames, ids(dataset), labels(dataset)]).toEqual([
      ['ape', 'cat', 'dog', 'eel'],
      ['0:dog/d[1].png', '1:ape/z.png', '1:cat/a.png'],
      [2, 0, 1],
    ]);
    expect((await dataset.pixels(2)).width).toBe(8);
    expect(ids(await openDataset(structuredClone(dataset.source)))).toEqual(ids(dataset));
    dataset.close?.();
  });

  it('leave out what a list names', () => {
    const list = join(temporaryFolder({ 'out.txt': '# one colour: 1\r\ncat/a.png\r\ndog/d[1].png\n' }), 'out.txt');
    expect(ids(open(root(), { excludeLists: [list] }))).toEqual(['cat/deep/b.jpg', 'dog/c.PNG', 'eel/e.jpeg']);
    expect(() => open(root(), { excludeLists: [`${list}x`] })).toThrowError(/DATA_NOT_FOUND/);
  });
});

describe('exclusion lists', () => {
  it('give back any id', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string({ unit: 'grapheme', minLength: 1 }), { maxLength: 5 }), (names) => {
        const safe = names.filter((name) => !name.includes('\0'));
        const file = join(temporaryFolder({ 'list.txt': safe.map((id) => `${escapeId(id)}\n`).join('') }), 'list.txt');
        expect([...excludedIds({ excludeLists: [file] })].sort()).toEqual(safe.sort());
      }),
      { numRuns: 30 },
    );
  });
});

describe('patterns of paths', () => {
  it('without special characters match themselves only', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[\w.+$^()|/ -]*$/), fc.string(), (path, other) => {
        expect(globPattern(path).test(path)).toBe(true);
        expect(globPattern(path).test(other)).toBe(path === other);
      }),
    );
  });
});
