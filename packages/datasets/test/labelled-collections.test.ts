import { findDataset, openDataset, openStl10, openTinyImagenet } from '@ssl-scene/datasets';
import { sharedData } from '@ssl-scene/vitest-config/golden';
import { describe, expect, it } from 'vitest';
import { picture } from './pictures.ts';
import { temporaryFolder } from './temporary-folder.ts';

describe('Tiny ImageNet', () => {
  const files = async (changes: Record<string, string> = {}): Promise<string> =>
    temporaryFolder({
      'wnids.txt': 'n2\nn1\n',
      'words.txt': 'n1\tfish, Pisces\nn2\tbird\nn3\tunused\n',
      'train/n1/images/n1_0.JPEG': await picture('jpeg', 64, 64),
      'train/n1/n1_boxes.txt': 'n1_0.JPEG\t0\t10\t63\t58\nn1_1.JPEG\t9\t63\t18\t63\n',
      'train/n2/n2_boxes.txt': 'n2_0.JPEG\t1\t2\t3\t4\n',
      'val/val_annotations.txt': 'val_0.JPEG\tn1\t0\t0\t63\t63\n',
      ...changes,
    });

  it('follows the lists of the official layout', async () => {
    const root = await files();
    const train = await openDataset(findDataset(root));
    expect(train.classNames).toEqual(['bird', 'fish, Pisces']);
    expect([0, 1, 2].map((i) => [train.id(i), train.label(i)])).toEqual([
      ['train/n2/images/n2_0.JPEG', 0],
      ['train/n1/images/n1_0.JPEG', 1],
      ['train/n1/images/n1_1.JPEG', 1],
    ]);
    expect(train.boxes?.(1)).toEqual([{ x0: 0, y0: 10, x1: 64, y1: 59, label: 1 }]);
    expect((await train.pixels(1)).width).toBe(64);
    const test = await openDataset(findDataset(root, { split: 'test' }));
    expect([test.length, test.id(0), test.label(0)]).toEqual([1, 'val/images/val_0.JPEG', 1]);
  });

  it('A20: leaves out boxes without area, and counts them', async () => {
    const train = openTinyImagenet({ kind: 'tiny-imagenet', root: await files() });
    expect(train.boxes?.(2)).toEqual([]);
    expect(train.warnings).toEqual(['1 boxes without area were left out.']);
  });

  it('names file and line of what is wrong', async () => {
    const open = async (name: string, content: string, split: 'train' | 'test') =>
      openTinyImagenet({ kind: 'tiny-imagenet', root: await files({ [name]: content }), split });
    await expect(open('train/n1/n1_boxes.txt', 'a\t0\t0\t5\t5\nb\t0\t0\t5\n', 'train')).rejects.toThrowError(
      /BAD_ANNOTATION.*n1_boxes\.txt, line 2/,
    );
    await expect(open('train/n1/n1_boxes.txt', 'a\t0\t0\t5\t-5\n', 'train')).rejects.toThrowError(
      /four whole numbers.*line 1/,
    );
    await expect(open('val/val_annotations.txt', 'a\tn9\t0\t0\t5\t5\n', 'test')).rejects.toThrowError(
      /a class of wnids.*n9/,
    );
  });
});

describe('STL-10', () => {
  const IMAGE = 96 * 96 * 3;
  /** Image r has value (r + column) in red, (row) in green, 7 in blue; planes are stored by columns. */
  const images = (count: number): Uint8Array =>
    Uint8Array.from({ length: count * IMAGE }, (_, i) => {
      const [record, channel, column, row] = [
        Math.floor(i / IMAGE),
        Math.floor(i / 9216) % 3,
        Math.floor(i / 96) % 96,
        i % 96,
      ];
      return [record + column, row, 7][channel]!;
    });
  const folder = (changes: Record<string, string | Uint8Array> = {}): string =>
    temporaryFolder({
      'train_X.bin': images(3),
      'train_y.bin': Uint8Array.of(1, 10, 5),
      'unlabeled_X.bin': images(2),
      'fold_indices.txt': '2 0\n1\n',
      'class_names.txt': 'airplane\nbird\ncar\ncat\ndeer\ndog\nhorse\nmonkey\nship\ntruck\n',
      ...changes,
    });

  it('reads columns as columns, labels from 0, and folds', async () => {
    const root = folder();
    const train = await openDataset(findDataset(root));
    const raster = train.pixels(2);
    if (raster instanceof Promise) throw new Error('expected an immediate answer');
    expect([...raster.data.subarray(3 * (96 * 5 + 40), 3 * (96 * 5 + 40) + 3)]).toEqual([2 + 40, 5, 7]);
    expect([0, 1, 2].map((i) => train.label(i))).toEqual([0, 9, 4]);
    expect(train.classNames?.[9]).toBe('truck');
    train.close?.();
    const fold = openStl10({ kind: 'stl10', root, fold: 0 });
    expect([fold.length, fold.label(0), fold.id(0), fold.label(1)]).toEqual([2, 4, 'train#2', 0]);
    expect(fold.pixels(0)).toEqual(raster);
    fold.close?.();
    fold.close?.();
    expect(() => fold.pixels(0)).toThrowError(/DATASET_CLOSED/);
  });

  it('V09: gives unlabelled images the label -1', () => {
    const unlabelled = openStl10({ kind: 'stl10', root: folder(), split: 'unlabelled' });
    expect([unlabelled.length, unlabelled.label(1), unlabelled.id(1)]).toEqual([2, -1, 'unlabelled#1']);
    unlabelled.close?.();
  });

  it('says what does not fit', () => {
    const open = (changes: Record<string, string | Uint8Array>, options = {}) =>
      openStl10({ kind: 'stl10', root: folder(changes), ...options });
    expect(() => open({ 'train_X.bin': images(3).subarray(0, 2 * IMAGE + 9) })).toThrowError(
      /TRUNCATED_RECORD.*9 bytes of image 2/,
    );
    expect(() => open({ 'train_y.bin': Uint8Array.of(1, 2) })).toThrowError(/BAD_ANNOTATION.*3 labels, found 2/);
    expect(() => open({ 'train_y.bin': Uint8Array.of(1, 2, 11) })).toThrowError(/from 1 to 10, found 11.*byte 2/);
    expect(() => open({}, { fold: 2 })).toThrowError(/BAD_OPTION.*0 to 1/);
    expect(() => open({ 'fold_indices.txt': '0 3\n' }, { fold: 0 })).toThrowError(/BAD_ANNOTATION.*from 0 to 2/);
  });
});

describe('combined data sets', () => {
  it('follow one another, or are picked by index', async () => {
    const png = await picture('png');
    const one = { kind: 'image-folder', root: temporaryFolder({ 'a/x.png': png, 'b/y.png': png }) } as const;
    const two = { kind: 'image-folder', root: temporaryFolder({ 'a/x.png': png, 'b/z.png': png }) } as const;
    const both = await openDataset({ kind: 'concatenated', sources: [one, two] });
    expect(both.length).toBe(4);
    expect([0, 1, 2, 3].map((i) => both.id(i))).toEqual(['0:a/x.png', '0:b/y.png', '1:a/x.png', '1:b/z.png']);
    expect([0, 1, 2, 3].map((i) => both.label(i))).toEqual([0, 1, 0, 1]);
    expect((await both.pixels(3)).width).toBe(8);
    const gif = {
      kind: 'image-folder',
      root: temporaryFolder({ 'a/x.gif': await picture('gif'), 'b/y.png': png }),
    } as const;
    const mixed = await openDataset({ kind: 'concatenated', sources: [one, gif] });
    for (let i = 0; i < mixed.length; i++) await mixed.pixels(i);
    expect(mixed.decisions?.()).toMatchObject({ 'palette-to-rgb': 1, 'turned-upright': 0 });
    expect(Buffer.from(await mixed.encoded!(3)).equals(png)).toBe(true);
    expect(() => both.label(4)).toThrowError(/INDEX_OUT_OF_RANGE/);

    const some = await openDataset({ kind: 'subset', of: both.source, indices: [3, 1, 1] });
    expect([some.length, some.id(0), some.label(0), some.id(2)]).toEqual([3, '1:b/z.png', 1, '0:b/y.png']);
    expect((await openDataset(structuredClone(some.source))).id(1)).toBe('0:b/y.png');
    expect(some.classNames).toEqual(['a', 'b']);
    await expect(openDataset({ kind: 'subset', of: one, indices: [2] })).rejects.toThrowError(/INDEX_OUT_OF_RANGE/);
  });

  it('refuse to mix classes', async () => {
    const png = await picture('png');
    const of = (name: string) => ({ kind: 'image-folder', root: temporaryFolder({ [`${name}/x.png`]: png }) }) as const;
    await expect(openDataset({ kind: 'concatenated', sources: [of('a'), of('b')] })).rejects.toThrowError(
      /CLASSES_DIFFER/,
    );
  });
});

const tiny = sharedData('tiny-imagenet-10');

describe.skipIf(tiny === undefined)('the real Tiny ImageNet classes (need shared/data)', () => {
  it('are 10 of 500 and 50 images, with 10 boxes that have no area', async () => {
    const train = await openDataset(findDataset(tiny!));
    const test = await openDataset(findDataset(tiny!, { split: 'test' }));
    expect([train.length, test.length, train.classNames?.length]).toEqual([5000, 500, 10]);
    expect(train.warnings).toEqual(['10 boxes without area were left out.']);
    let whole = 0;
    for (let i = 0; i < train.length; i++)
      for (const { x0, y0, x1, y1 } of train.boxes!(i)) if (x0 + y0 === 0 && x1 + y1 === 128) whole++;
    expect(whole).toBe(185);
    const { width, height } = await test.pixels(123);
    expect([width, height]).toEqual([64, 64]);
    for (const dataset of [train, test]) dataset.close?.();
  });
});
