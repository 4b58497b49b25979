import { join } from 'node:path';
import {
  classMask,
  cocoPlusSource,
  cocoSource,
  findDataset,
  IMAGENET_100,
  IMAGENET_200,
  type ImageDataset,
  type ImagenetSource,
  openDataset,
  openImagenet,
  openInaturalist,
  openPlaces365,
  openVoc,
} from '@ssl-scene/datasets';
import { sharedData } from '@ssl-scene/vitest-config/golden';
import { beforeAll, describe, expect, it } from 'vitest';
import { fixtureBytes } from './fixtures.ts';
import { picture } from './pictures.ts';
import { temporaryFolder } from './temporary-folder.ts';

let jpeg: Buffer;
beforeAll(async () => {
  jpeg = await picture('jpeg');
});

const ids = (dataset: ImageDataset): string[] => Array.from({ length: dataset.length }, (_, i) => dataset.id(i));
const labels = (dataset: ImageDataset): number[] => Array.from({ length: dataset.length }, (_, i) => dataset.label(i));

describe('ImageNet', () => {
  const WORDS = 'n00000003 third thing\nn00000001 first thing, one\nn00000002 second thing\n';
  const object = (wnid: string, box: readonly number[]): string =>
    `<object><name>${wnid}</name><bndbox><xmin>${box[0]}</xmin><ymin>${box[1]}</ymin><xmax>${box[2]}</xmax><ymax>${box[3]}</ymax></bndbox></object>`;
  const annotation = (...objects: string[]): string =>
    `<annotation><size><width>8</width><height>6</height></size>${objects.join('')}</annotation>`;
  const kaggle = (changes: Record<string, string> = {}): string =>
    temporaryFolder({
      'LOC_synset_mapping.txt': WORDS,
      'LOC_val_solution.csv':
        'ImageId,PredictionString\nILSVRC2012_val_00000001,n00000003 1 1 5 5 \nILSVRC2012_val_00000002,n00000001 0 0 7 5\n',
      'ILSVRC/Data/CLS-LOC/train/n00000001/n00000001_7.JPEG': jpeg,
      'ILSVRC/Data/CLS-LOC/train/n00000002/n00000002_1.JPEG': jpeg,
      'ILSVRC/Data/CLS-LOC/train/n00000003/n00000003_2.JPEG': jpeg,
      'ILSVRC/Data/CLS-LOC/train/n00000003/n00000003_10.JPEG': jpeg,
      'ILSVRC/Data/CLS-LOC/val/ILSVRC2012_val_00000001.JPEG': jpeg,
      'ILSVRC/Data/CLS-LOC/val/ILSVRC2012_val_00000002.JPEG': jpeg,
      'ILSVRC/Data/CLS-LOC/test/ILSVRC2012_test_00000001.JPEG': jpeg,
      'ILSVRC/Annotations/CLS-LOC/train/n00000003/n00000003_2.xml': annotation(
        object('n00000003', [0, 2, 7, 4]),
        object('n00000009', [1, 1, 8, 6]),
      ),
      ...changes,
    });
  const open = (root: string, options: Partial<ImagenetSource> = {}): ImageDataset =>
    openImagenet({ kind: 'imagenet', root, ...options });

  it('follows the layout of Kaggle: classes by id, names by the table, boxes where there are some', async () => {
    const train = await openDataset(findDataset(kaggle()));
    expect(train.classNames).toEqual(['first thing, one', 'second thing', 'third thing']);
    expect(ids(train).map((id, i) => [id, train.label(i)])).toEqual([
      ['n00000001/n00000001_7.JPEG', 0],
      ['n00000002/n00000002_1.JPEG', 1],
      ['n00000003/n00000003_10.JPEG', 2],
      ['n00000003/n00000003_2.JPEG', 2],
    ]);
    expect([train.boxes?.(0), train.boxes?.(3)]).toEqual([
      [],
      [
        { x0: 0, y0: 2, x1: 8, y1: 5, label: 2 },
        { x0: 1, y0: 1, x1: 8, y1: 6, label: -1 },
      ],
    ]);
    expect((await train.pixels(3)).width).toBe(8);
    train.close?.();
  });

  it('labels flat validation images by their table or their annotations, test images not at all', () => {
    const root = kaggle();
    expect(labels(open(root, { split: 'val' }))).toEqual([2, 0]);
    expect(labels(open(root, { split: 'test' }))).toEqual([-1]);
    const byAnnotation = temporaryFolder({
      'LOC_synset_mapping.txt': WORDS,
      'Data/CLS-LOC/val/a.JPEG': jpeg,
      'Annotations/CLS-LOC/val/a.xml': annotation(object('n00000002', [0, 0, 3, 3])),
    });
    expect(labels(open(byAnnotation, { split: 'val' }))).toEqual([1]);
  });

  it('follows the layout of torchvision as well', () => {
    const root = temporaryFolder({ 'train/n2/a.JPEG': jpeg, 'train/n1/b.JPEG': jpeg, 'val/n2/c.JPEG': jpeg });
    expect([labels(open(root)), open(root).classNames]).toEqual([
      [0, 1],
      ['n1', 'n2'],
    ]);
    expect([labels(open(root, { split: 'val' })), ids(open(root, { split: 'val' }))]).toEqual([[1], ['n2/c.JPEG']]);
  });

  it('D16: numbers a subset of the classes by its own order, or keeps their numbers, and says which', () => {
    const root = kaggle();
    const classes = ['n00000003', 'n00000001'];
    const subset = open(root, { classes });
    expect([labels(subset), subset.classNames]).toEqual([
      [1, 0, 0],
      ['third thing', 'first thing, one'],
    ]);
    expect(subset.warnings).toEqual(['2 of 3 classes, numbered 0 to 1 in the order of `classes`.']);
    const whole = open(root, { classes, numbering: 'whole' });
    expect([labels(whole), whole.classNames?.length]).toEqual([[0, 2, 2], 3]);
    expect(whole.warnings).toEqual(['2 of 3 classes, with their numbers among all of them.']);
    expect(labels(open(root, { classes, split: 'val' }))).toEqual([0, 1]);
    expect(() => open(root, { classes: ['n00000001', 'n7'] })).toThrowError(/UNKNOWN_CLASS.*the first of them n7/);
    expect(() => open(root, { classes: 'in-100' })).toThrowError(/UNKNOWN_CLASS.*100 others/);
  });

  it('takes the images of a list only, as the 1 % and 10 % lists name them', () => {
    const root = kaggle();
    const list = (text: string): string => join(temporaryFolder({ 'list.txt': text }), 'list.txt');
    const imageList = list('n00000003_2.JPEG\nn00000001/n00000001_7.JPEG 0\n\n');
    expect(ids(open(root, { imageList }))).toEqual(['n00000001/n00000001_7.JPEG', 'n00000003/n00000003_2.JPEG']);
    expect(() => open(root, { imageList: list('n00000003_9.JPEG') })).toThrowError(/BAD_ANNOTATION.*n00000003_9/);
  });

  it('knows the subsets of the papers', () => {
    expect([IMAGENET_100.length, IMAGENET_100[0], IMAGENET_100[99]]).toEqual([100, 'n01558993', 'n13040303']);
    expect([IMAGENET_200.length, IMAGENET_200[0]]).toEqual([200, 'n01443537']);
    for (const list of [IMAGENET_100, IMAGENET_200]) expect([...new Set(list)].sort()).toEqual(list);
  });

  it('says what is missing or wrong', () => {
    const solution = 'ImageId,PredictionString\nILSVRC2012_val_00000001;n00000003\n';
    expect(() => open(kaggle({ 'LOC_val_solution.csv': solution }), { split: 'val' })).toThrowError(
      /BAD_ANNOTATION.*LOC_val_solution\.csv, line 2/,
    );
    expect(() => open(temporaryFolder({ 'trian/n1/a.JPEG': jpeg }))).toThrowError(/DATA_NOT_FOUND.*trian/);
    expect(() => open(temporaryFolder({ 'train/n1/a.txt': '' }))).toThrowError(/EMPTY_DATASET/);
    const empty = annotation(object('n00000003', [5, 5, 2, 2]));
    const broken = open(kaggle({ 'ILSVRC/Annotations/CLS-LOC/train/n00000003/n00000003_2.xml': empty }));
    expect(() => broken.boxes?.(3)).toThrowError(/BAD_ANNOTATION.*some area.*object 0/);
  });
});

describe('Places365', () => {
  const files = (changes: Record<string, string> = {}): string =>
    temporaryFolder({
      'categories_places365.txt': '/a/airfield 0\n/a/alcove 2\n/a/airport_terminal 1\n',
      'places365_train_standard.txt': '/a/alcove/00000002.jpg 2\n/a/airfield/00000001.jpg 0\n',
      'places365_val.txt': 'Places365_val_00000001.jpg 1\n',
      'places365_test.txt': 'Places365_test_00000001.jpg\n',
      'data_256/a/alcove/00000002.jpg': jpeg,
      'val_256/Places365_val_00000001.jpg': jpeg,
      'test_256/Places365_test_00000001.jpg': jpeg,
      ...changes,
    });

  it('D17: names are looked up by their number, not by their line', async () => {
    const train = await openDataset(findDataset(files()));
    expect(train.classNames).toEqual(['/a/airfield', '/a/airport_terminal', '/a/alcove']);
    expect([ids(train), labels(train)]).toEqual([
      ['/a/alcove/00000002.jpg', '/a/airfield/00000001.jpg'],
      [2, 0],
    ]);
    expect((await train.pixels(0)).width).toBe(8);
    await expect(train.pixels(1)).rejects.toMatchObject({ code: 'UNREADABLE_FILE' });
    train.close?.();
  });

  it('has a labelled validation set and an unlabelled test set', () => {
    const root = files();
    const part = (split: 'val' | 'test') => openPlaces365({ kind: 'places365', root, split });
    expect([labels(part('val')), labels(part('test'))]).toEqual([[1], [-1]]);
  });

  it('names file and line of what is wrong', () => {
    const open = (changes: Record<string, string>) => openPlaces365({ kind: 'places365', root: files(changes) });
    const twice = { 'categories_places365.txt': '/a/airfield 0\n/a/alcove 0\n' };
    expect(() => open(twice)).toThrowError(/BAD_ANNOTATION.*from 0 to 1, each once.*line 2/);
    const unknown = { 'places365_train_standard.txt': '/a/x.jpg 0\n/a/y.jpg 3\n' };
    expect(() => open(unknown)).toThrowError(/BAD_ANNOTATION.*one of the 3 classes, found "3".*line 2/);
    const unlabelled = { 'places365_train_standard.txt': '/a/x.jpg\n' };
    expect(() => open(unlabelled)).toThrowError(/BAD_ANNOTATION.*a path and a label.*line 1/);
    expect(() => openPlaces365({ kind: 'places365', root: temporaryFolder() })).toThrowError(
      /DATA_NOT_FOUND.*data_256/,
    );
  });
});

describe('iNaturalist', () => {
  const JSON_FILE = {
    images: [
      { id: 9, file_name: 'train/b.jpg', width: 8, height: 6 },
      { id: 2, file_name: 'train/a.jpg' },
    ],
    annotations: [
      { id: 1, image_id: 2, category_id: 5 },
      { id: 2, image_id: 9, category_id: 3 },
    ],
    categories: [
      { id: 5, name: 'Vulpes vulpes', family: 'Canidae' },
      { id: 4, name: 'Felis catus', family: 'Felidae' },
      { id: 3, name: 'Canis lupus', family: 'Canidae' },
    ],
  };
  const open = (json: object, level?: 'name' | 'family' | 'genus'): ImageDataset => {
    const root = temporaryFolder({ 'train/a.jpg': jpeg, 'train.json': JSON.stringify(json) });
    const annotations = join(root, 'train.json');
    return openInaturalist({
      kind: 'inaturalist',
      images: root,
      annotations,
      ...(level === undefined ? {} : { level }),
    });
  };

  it('orders images and species by id, and groups species at a higher level', async () => {
    const species = open(JSON_FILE);
    expect([ids(species), labels(species)]).toEqual([
      ['train/a.jpg', 'train/b.jpg'],
      [2, 0],
    ]);
    expect(species.classNames).toEqual(['Canis lupus', 'Felis catus', 'Vulpes vulpes']);
    expect([species.size?.(0), species.size?.(1)]).toEqual([undefined, { width: 8, height: 6 }]);
    expect((await species.pixels(0)).width).toBe(8);
    const families = open(JSON_FILE, 'family');
    expect([families.classNames, labels(families)]).toEqual([
      ['Canidae', 'Felidae'],
      [0, 0],
    ]);
    species.close?.();
  });

  it('D31: needs no annotations', () => {
    const { annotations: _, ...test } = JSON_FILE;
    expect(labels(open(test))).toEqual([-1, -1]);
  });

  it('names the place of what is wrong', () => {
    expect(() => open(JSON_FILE, 'genus')).toThrowError(/BAD_ANNOTATION.*categories\[0\]\.genus/);
    const stray = { ...JSON_FILE, annotations: [{ image_id: 7, category_id: 5 }] };
    expect(() => open(stray)).toThrowError(/the id of an image.*found 7/);
    const unknown = { ...JSON_FILE, annotations: [{ image_id: 2, category_id: 8 }] };
    expect(() => open(unknown)).toThrowError(/the id of a category.*found 8/);
    expect(() => open({ images: [] })).toThrowError(/at least one image/);
  });
});

describe('COCO+', () => {
  const root = (): string =>
    temporaryFolder({
      'train2017/a.jpg': jpeg,
      'images/unlabeled2017/b.jpg': jpeg,
      'annotations/instances_train2017.json': JSON.stringify({
        images: [{ id: 1, file_name: 'a.jpg', width: 8, height: 6 }],
        annotations: [{ id: 1, image_id: 1, category_id: 3, bbox: [1, 1, 2, 2] }],
        categories: [{ id: 3, name: 'car' }],
      }),
      'annotations/image_info_unlabeled2017.json': JSON.stringify({
        images: [{ id: 8, file_name: 'b.jpg', width: 8, height: 6 }],
        categories: [{ id: 3, name: 'car' }],
      }),
    });

  it('joins the labelled and the unlabelled set', async () => {
    const dataset = await openDataset(cocoPlusSource(root()));
    expect([ids(dataset), dataset.classNames]).toEqual([['0:a.jpg', '1:b.jpg'], ['car']]);
    expect([dataset.boxes?.(0).length, dataset.boxes?.(1), dataset.labels?.(0)]).toEqual([1, [], [0]]);
    expect([(await dataset.pixels(1)).width, Buffer.from(await dataset.encoded!(1)).equals(jpeg)]).toEqual([8, true]);
    dataset.close?.();
  });

  it('finds its parts, or says which file it looked for', () => {
    const folder = root();
    expect(findDataset(folder)).toEqual(cocoSource(folder, 'train2017'));
    expect(() => findDataset(folder, { split: 'test' })).toThrowError(/SPLIT_NOT_FOUND.*instances_val/);
    expect(() => cocoPlusSource(folder, ['val2017'])).toThrowError(/DATA_NOT_FOUND.*val2017/);
  });
});

describe('Pascal VOC masks', () => {
  const OBJECT = (name: string): string =>
    `<object><name>${name}</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>8</xmax><ymax>6</ymax></bndbox></object>`;
  const open = (objects: string): ImageDataset => {
    const root = temporaryFolder({
      'JPEGImages/1.jpg': jpeg,
      'JPEGImages/2.jpg': jpeg,
      'Annotations/1.xml': `<annotation><size><width>8</width><height>6</height></size>${objects}</annotation>`,
      'Annotations/2.xml': '<annotation><size><width>8</width><height>6</height></size></annotation>',
      'ImageSets/Segmentation/trainval.txt': '1\n2\n',
      'ImageSets/Main/trainval.txt': '2\n',
      'SegmentationObject/1.png': fixtureBytes('voc-object-mask.png'),
    });
    return openVoc({ kind: 'voc', root, task: 'segmentation' });
  };

  it('name the object of each pixel, and by it the class', async () => {
    const dataset = open(OBJECT('cat') + OBJECT('person'));
    expect([dataset.length, await dataset.mask?.(1)]).toEqual([2, undefined]);
    const mask = (await dataset.mask?.(0))!;
    const rows = Array.from({ length: 6 }, (_, y) => [...mask.data.subarray(8 * y, 8 * y + 8)]);
    expect(rows).toEqual([
      [255, 255, 255, 255, 255, 255, 255, 255],
      [0, 1, 1, 1, 0, 0, 0, 0],
      [0, 1, 1, 1, 2, 2, 2, 2],
      [0, 0, 0, 0, 2, 2, 2, 2],
      [0, 0, 0, 0, 2, 2, 2, 2],
      [0, 0, 0, 0, 0, 0, 0, 0],
    ]);
    const classes = classMask(mask, dataset.boxes!(0));
    expect([...classes.data.subarray(16, 24)]).toEqual([0, 8, 8, 8, 15, 15, 15, 15]);
    expect([classes.data[0], classes.data[47]]).toEqual([255, 0]);
  });

  it('must name objects that are there', async () => {
    await expect(async () => open(OBJECT('cat')).mask?.(0)).rejects.toThrowError(
      /BAD_ANNOTATION.*numbers of the 1 objects, 0 or 255, found 2/,
    );
  });
});

const places = sharedData('imagenette-224');

describe.skipIf(places === undefined)('the real Imagenette images (need shared/data)', () => {
  it('open as ImageNet of ten classes, and in part', () => {
    const source = { kind: 'imagenet', root: places! } as const;
    const [train, val] = [openImagenet(source), openImagenet({ ...source, split: 'val' })];
    expect([train.length, val.length, train.classNames?.length]).toEqual([2000, 500, 10]);
    const two = openImagenet({ ...source, classes: ['n03888257', 'n01440764'] });
    const counts = [0, 1].map((label) => labels(two).filter((value) => value === label).length);
    expect(counts).toEqual([200, 200]);
    expect(two.id(two.length - 1)).toMatch(/^n03888257\//);
  });
});
