import { join } from 'node:path';
import { type ImageDataset, openDataset, openSaliencyFolders, openVoc, VOC_CLASSES } from '@ssl-scene/datasets';
import { sharedData } from '@ssl-scene/vitest-config/golden';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { picture } from './pictures.ts';
import { temporaryFolder } from './temporary-folder.ts';

describe('Pascal VOC', () => {
  const object = (name: string, box: readonly number[], rest = ''): string =>
    `<object>\n<name>${name}</name><pose>Left</pose>${rest}<bndbox><xmin>${box[0]}</xmin><ymin>${box[1]}</ymin><xmax>${box[2]}</xmax><ymax>${box[3]}</ymax></bndbox></object>`;
  const annotation = (...objects: string[]): string =>
    `<annotation><size><width>8</width><height>6</height><depth>3</depth></size>${objects.join('\n')}</annotation>`;
  const open = async (xml: string): Promise<ImageDataset> => {
    const root = temporaryFolder({
      'JPEGImages/000012.jpg': await picture('jpeg'),
      'Annotations/000012.xml': xml,
      'Annotations/000007.xml': annotation(),
      'ImageSets/Main/trainval.txt': '000012\n000007\n',
      'ImageSets/Main/cat_val.txt': '000007  1\n\n',
    });
    return openVoc({ kind: 'voc', root });
  };

  it('reads boxes as edges from 0, in the order of the list', async () => {
    const dataset = await open(annotation(object('cat', [1, 2, 8, 6]), object('person', [3, 3, 3, 3])));
    expect([dataset.id(0), dataset.id(1), dataset.size?.(0)]).toEqual(['000012', '000007', { width: 8, height: 6 }]);
    expect(dataset.boxes?.(0)).toEqual([
      { x0: 0, y0: 1, x1: 8, y1: 6, label: VOC_CLASSES.indexOf('cat') },
      { x0: 2, y0: 2, x1: 3, y1: 3, label: VOC_CLASSES.indexOf('person') },
    ]);
    expect([dataset.label(0), dataset.labels?.(0)]).toEqual([-1, [7, 14]]);
    expect((await dataset.pixels(0)).width).toBe(8);
  });

  it('D20: keeps images without objects', async () => {
    const dataset = await open(annotation());
    expect([dataset.length, dataset.boxes?.(1), dataset.labels?.(1)]).toEqual([2, [], []]);
  });

  it('ignores boxes of parts and comments', async () => {
    const part =
      '<part><name>head</name><bndbox><xmin>5</xmin><ymin>5</ymin><xmax>6</xmax><ymax>6</ymax></bndbox></part>';
    const dataset = await open(
      annotation(`<!-- ${object('dog', [1, 1, 2, 2])} -->`, object('person', [1, 1, 8, 6], part)),
    );
    expect(dataset.boxes?.(0)).toEqual([{ x0: 0, y0: 0, x1: 8, y1: 6, label: 14 }]);
  });

  it('D25: marks difficult objects, and refuses a tag that is neither 0 nor 1', async () => {
    const difficult = (value: string) => annotation(object('cat', [1, 1, 8, 6], `<difficult>${value}</difficult>`));
    expect((await open(difficult('1'))).boxes?.(0)[0]).toMatchObject({ difficult: true });
    expect((await open(difficult('1'))).labels?.(0)).toEqual([]);
    expect((await open(difficult('0'))).boxes?.(0)[0]).not.toHaveProperty('difficult');
    await expect(open(difficult('Unspecified'))).rejects.toThrowError(
      /BAD_ANNOTATION.*0 or 1, found "Unspecified".*000012\.xml, object 0/,
    );
  });

  it('names file and object of what is wrong', async () => {
    const cases: [string, RegExp][] = [
      [annotation(object('unicorn', [1, 1, 2, 2])), /one of the classes, found "unicorn"/],
      [annotation(object('cat', [5, 1, 2, 2])), /a box of some area.*object 0/],
      [annotation(object('cat', [1, Number.NaN, 2, 2])), /a number, found "NaN".*ymin/],
      ['<annotation></annotation>', /a number, found nothing.*size, width/],
    ];
    for (const [xml, message] of cases) await expect(open(xml)).rejects.toThrowError(message);
  });
});

describe('saliency folders', () => {
  const mask = async (bright: number): Promise<Buffer> =>
    await sharp(
      Uint8Array.from({ length: 48 }, (_, i) => (i < bright ? 255 : 100)),
      { raw: { width: 8, height: 6, channels: 1 } },
    )
      .png()
      .toBuffer();

  it('match images and masks by name, and count images without', async () => {
    const jpeg = await picture('jpeg');
    const root = temporaryFolder({
      'images/a.jpg': jpeg,
      'images/b.jpg': jpeg,
      'images/c.jpg': jpeg,
      'masks/c.png': await mask(5),
      'masks/a.png': await mask(20),
    });
    const dataset = openSaliencyFolders({
      kind: 'saliency-folders',
      images: join(root, 'images'),
      masks: join(root, 'masks'),
    });
    expect([dataset.length, dataset.id(0), dataset.id(1)]).toEqual([2, 'a.jpg', 'c.jpg']);
    expect(dataset.warnings).toEqual(['1 images without a mask were left out.']);
    const { width, height, data } = (await dataset.mask?.(1))!;
    expect([width, height, [...data].filter((value) => value === 1).length, data[4], data[5]]).toEqual([8, 6, 5, 1, 0]);
    expect((await dataset.pixels(1)).width).toBe(8);
  });

  it('say so where nothing matches', async () => {
    const root = temporaryFolder({ 'images/a.jpg': await picture('jpeg'), 'masks/b.png': await mask(1) });
    expect(() =>
      openSaliencyFolders({ kind: 'saliency-folders', images: join(root, 'images'), masks: join(root, 'masks') }),
    ).toThrowError(/EMPTY_DATASET.*1 images and 1 masks/);
  });
});

const ecssd = sharedData('ecssd-300');

describe.skipIf(ecssd === undefined)('the real ECSSD images (need shared/data)', () => {
  it('are 300, with masks of their own size', async () => {
    const dataset = await openDataset({
      kind: 'saliency-folders',
      images: join(ecssd!, 'images'),
      masks: join(ecssd!, 'masks'),
    });
    expect([dataset.length, dataset.warnings]).toEqual([300, []]);
    for (const index of [0, 144, 299]) {
      const [raster, mask] = [await dataset.pixels(index), (await dataset.mask?.(index))!];
      expect([mask.width, mask.height]).toEqual([raster.width, raster.height]);
    }
  });
});
