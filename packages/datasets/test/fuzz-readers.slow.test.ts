import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type DatasetSource, openDataset } from '@ssl-scene/datasets';
import { isSceneError } from '@ssl-scene/errors';
import { randomStream } from '@ssl-scene/random';
import { beforeAll, describe, expect, it } from 'vitest';
import { openParquetBy } from '../src/parquet-dataset.ts';
import { ParquetReader } from '../src/parquet-reader.ts';
import { unpackArchive } from '../src/unpack-archive.ts';
import { fixtureBytes } from './fixtures.ts';
import { mutated } from './mutation.ts';
import { picture } from './pictures.ts';
import { temporaryFolder } from './temporary-folder.ts';

const FILES = Number(process.env.SSL_SCENE_FUZZ ?? 10_000);
const MEMORY_LIMIT = 600e6;
/** Milliseconds for one file, on a busy machine. */
const TIME_LIMIT = 10_000;

let jpeg: Uint8Array;
beforeAll(async () => {
  jpeg = await picture('jpeg');
});

/** A collection, which of its files is mutated, and how it is opened. */
interface Target {
  readonly name: string;
  readonly file: string;
  readonly files: () => Readonly<Record<string, string | Uint8Array>>;
  readonly source: (root: string) => DatasetSource;
  /** Any text is right. */
  readonly isFree?: boolean;
}

const COCO = JSON.stringify({
  images: [
    { id: 1, file_name: 'a.jpg', width: 8, height: 6 },
    { id: 2, file_name: 'b.jpg', width: 8, height: 6 },
  ],
  annotations: [
    { id: 1, image_id: 1, category_id: 3, bbox: [1, 1, 2.5, 3], segmentation: [[2, 1, 5, 1, 5, 3, 2, 3]] },
    {
      id: 2,
      image_id: 1,
      category_id: 4,
      bbox: [0, 0, 8, 6],
      iscrowd: 1,
      segmentation: { counts: [13, 2, 4, 2, 27], size: [6, 8] },
    },
    { id: 3, image_id: 2, category_id: 3, bbox: [0, 0, 8, 6], segmentation: { counts: '=24O2N1', size: [6, 8] } },
  ],
  categories: [
    { id: 3, name: 'car' },
    { id: 4, name: 'cat' },
  ],
});
const XML =
  '<annotation><!-- note --><size><width>8</width><height>6</height></size><object><name>cat</name><difficult>0</difficult><part><name>head</name></part><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>8</xmax><ymax>6</ymax></bndbox></object><object><name>person</name><bndbox><xmin>2</xmin><ymin>2</ymin><xmax>3</xmax><ymax>5</ymax></bndbox></object></annotation>';
const SYNSETS = 'n00000001 first thing\nn00000002 second thing\n';
const SOLUTION = 'ImageId,PredictionString\na,n00000002 1 1 5 5 \nb,n00000001 0 0 7 5\n';

const voc = () => ({
  'JPEGImages/1.jpg': jpeg,
  'Annotations/1.xml': XML,
  'ImageSets/Segmentation/trainval.txt': '1\n',
  'SegmentationObject/1.png': fixtureBytes('voc-object-mask.png'),
});
const imagenet = () => ({
  'LOC_synset_mapping.txt': SYNSETS,
  'LOC_val_solution.csv': SOLUTION,
  'Data/CLS-LOC/val/a.JPEG': jpeg,
  'Data/CLS-LOC/val/b.JPEG': jpeg,
  'Annotations/CLS-LOC/val/a.xml': XML,
});
const places = () => ({
  'categories_places365.txt': '/a/airfield 0\n/a/alcove 2\n/a/arch 1\n',
  'places365_val.txt': 'x.jpg 1\ny.jpg 0\n',
  'val_256/x.jpg': jpeg,
});
const tiny = () => ({
  'wnids.txt': 'n2\nn1\n',
  'words.txt': 'n1\tfish, Pisces\nn2\tbird\n',
  'train/n1/n1_boxes.txt': 'n1_0.JPEG\t0\t10\t63\t58\nn1_1.JPEG\t9\t63\t18\t63\n',
  'train/n2/n2_boxes.txt': 'n2_0.JPEG\t1\t2\t3\t4\n',
  'train/n1/images/n1_0.JPEG': jpeg,
});
const stl = () => ({
  'train_X.bin': new Uint8Array(3 * 27_648).fill(9),
  'train_y.bin': Uint8Array.of(1, 10, 5),
  'fold_indices.txt': '2 0\n1\n',
});
const file = (name: string) => () => ({ [name]: fixtureBytes(name) });

// Parquet files have a test of their own below.
const TARGETS: readonly Target[] = [
  {
    name: 'COCO annotations',
    file: 'coco.json',
    files: () => ({ 'coco.json': COCO, 'images/a.jpg': jpeg }),
    source: (root) => ({ kind: 'coco', images: join(root, 'images'), annotations: join(root, 'coco.json') }),
  },
  {
    name: 'iNaturalist annotations',
    file: 'inat.json',
    files: () => ({ 'inat.json': COCO, 'a.jpg': jpeg }),
    source: (root) => ({ kind: 'inaturalist', images: root, annotations: join(root, 'inat.json') }),
  },
  {
    name: 'VOC annotations',
    file: 'Annotations/1.xml',
    files: voc,
    source: (root) => ({ kind: 'voc', root, task: 'segmentation' }),
  },
  {
    name: 'VOC masks',
    file: 'SegmentationObject/1.png',
    files: voc,
    source: (root) => ({ kind: 'voc', root, task: 'segmentation' }),
  },
  {
    name: 'VOC image sets',
    file: 'ImageSets/Segmentation/trainval.txt',
    files: voc,
    source: (root) => ({ kind: 'voc', root, task: 'segmentation' }),
  },
  {
    name: 'ImageNet solutions',
    file: 'LOC_val_solution.csv',
    files: imagenet,
    source: (root) => ({ kind: 'imagenet', root, split: 'val' }),
  },
  {
    name: 'ImageNet class names',
    file: 'LOC_synset_mapping.txt',
    files: imagenet,
    source: (root) => ({ kind: 'imagenet', root, split: 'val' }),
  },
  {
    name: 'ImageNet boxes',
    file: 'Annotations/CLS-LOC/val/a.xml',
    files: imagenet,
    source: (root) => ({ kind: 'imagenet', root, split: 'val' }),
  },
  {
    name: 'Places365 categories',
    file: 'categories_places365.txt',
    files: places,
    source: (root) => ({ kind: 'places365', root, split: 'val' }),
  },
  {
    name: 'Places365 lists',
    file: 'places365_val.txt',
    files: places,
    source: (root) => ({ kind: 'places365', root, split: 'val' }),
  },
  {
    name: 'Tiny ImageNet boxes',
    file: 'train/n1/n1_boxes.txt',
    files: tiny,
    source: (root) => ({ kind: 'tiny-imagenet', root }),
  },
  {
    name: 'Tiny ImageNet classes',
    file: 'wnids.txt',
    files: tiny,
    source: (root) => ({ kind: 'tiny-imagenet', root }),
  },
  { name: 'STL-10 labels', file: 'train_y.bin', files: stl, source: (root) => ({ kind: 'stl10', root }) },
  { name: 'STL-10 folds', file: 'fold_indices.txt', files: stl, source: (root) => ({ kind: 'stl10', root, fold: 0 }) },
  {
    name: 'CIFAR records',
    file: 'batch.bin',
    files: () => ({ 'batch.bin': new Uint8Array(2 * 3073).fill(3) }),
    source: (root) => ({ kind: 'cifar10', files: [join(root, 'batch.bin')] }),
  },
  {
    name: 'image lists',
    file: 'list.txt',
    files: () => ({ 'list.txt': 'a.jpg 1\nb c.jpg 0\nd.jpg\tword\n', 'a.jpg': jpeg }),
    source: (root) => ({ kind: 'image-list', lists: [join(root, 'list.txt')] }),
  },
  {
    name: 'exclusion lists',
    isFree: true,
    file: 'out.txt',
    files: () => ({ 'out.txt': '# reason\n"a\\nb.jpg"\nc.jpg\n', 'p/a.jpg': jpeg }),
    source: (root) => ({ kind: 'image-folder', root: join(root, 'p'), excludeLists: [join(root, 'out.txt')] }),
  },
  ...['gnu.tar', 'pax-long.tar'].map(
    (name): Target => ({
      name: `shards, ${name}`,
      file: name,
      files: file(name),
      source: (root) => ({ kind: 'webdataset', shards: [join(root, name)], labelField: 'label' }),
    }),
  ),
  {
    name: 'shard indices',
    file: 'gnu.idx',
    files: () => ({
      'gnu.tar': fixtureBytes('gnu.tar'),
      'gnu.idx': 'v1.2 2\npng 1024 190 a.png cls 2000 1 a.cls\njpg 3000 10 b.jpg\n',
    }),
    source: (root) => ({ kind: 'webdataset', shards: [join(root, 'gnu.tar')] }),
  },
  ...['images-u1.npy', 'images-fortran-f4.npy', 'stored.npz', 'compressed.npz'].map(
    (name): Target => ({
      name: `NumPy, ${name}`,
      file: name,
      files: file(name),
      source: (root) => ({
        kind: 'numpy',
        images: join(root, name),
        range: [0, 255],
        ...(name === 'stored.npz' ? { imagesKey: 'x_train', labelsKey: 'y_train' } : {}),
      }),
    }),
  ),
];

/** Asks everything of a data set's first images; gives the number of questions that failed. */
async function readAll(source: DatasetSource): Promise<number> {
  const dataset = await openDataset(source);
  let failures = 0;
  try {
    for (let i = 0; i < Math.min(dataset.length, 4); i++) {
      for (const question of [dataset.label, dataset.labels, dataset.boxes, dataset.mask, dataset.pixels]) {
        if (await failsByDesign(async () => await question?.(i))) failures++;
      }
      dataset.id(i);
      dataset.size?.(i);
    }
  } finally {
    dataset.close?.();
  }
  return failures;
}

/** Whether it failed, and that by an error of the family. */
async function failsByDesign(action: () => Promise<unknown>): Promise<boolean> {
  try {
    await action();
    return false;
  } catch (error) {
    if (!isSceneError(error)) throw error;
    return true;
  }
}

describe('mutated annotations become data sets or errors of the family', () => {
  it.each(TARGETS)('$name', { timeout: 1_200_000 }, async ({ name, file: path, files, source, isFree }) => {
    const root = temporaryFolder(files());
    const content = files()[path]!;
    const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
    const random = randomStream(1, 'fuzz', name);
    const expected = await readAll(source(root));
    const start = process.memoryUsage().rss;
    let noticed = 0;
    for (let i = 0; i < FILES; i++) {
      const changed = mutated(bytes, bytes, random);
      writeFileSync(join(root, path), changed);
      const began = performance.now();
      try {
        let failures = expected;
        const isRefused = await failsByDesign(async () => {
          failures = await readAll(source(root));
        });
        if (isRefused || failures > expected) noticed++;
      } catch (error) {
        throw new Error(`${name}, file ${i}: ${Buffer.from(changed.subarray(0, 2000)).toString('latin1')}`, {
          cause: error,
        });
      }
      expect(performance.now() - began, `milliseconds of file ${i}`).toBeLessThan(TIME_LIMIT);
    }
    if (isFree !== true) expect(noticed).toBeGreaterThan(0);
    expect(process.memoryUsage().rss - start).toBeLessThan(MEMORY_LIMIT);
  });
});

describe('mutated archives unpack below their folder or fail by an error of the family', () => {
  const ARCHIVES = [
    ['tar', () => fixtureBytes('pax-long.tar')],
    ['tar.gz', () => gzipSync(fixtureBytes('gnu.tar'))],
    ['zip', () => fixtureBytes('compressed.npz')],
  ] as const;

  it.each(ARCHIVES)('%s', { timeout: 1_200_000 }, async (kind, content) => {
    const root = temporaryFolder();
    const bytes = content();
    const random = randomStream(1, 'fuzz', 'archive', kind);
    for (let i = 0; i < FILES; i++) {
      const [archive, folder] = [join(root, 'a', 'archive'), join(root, 'a', 'out')];
      mkdirSync(dirname(archive), { recursive: true });
      writeFileSync(archive, mutated(bytes, bytes, random));
      await failsByDesign(() => unpackArchive(archive, kind, folder, { byteLimit: 1e6 }));
      rmSync(join(root, 'a'), { recursive: true });
    }
  });
});

describe('mutated Parquet files become data sets or errors of the family, by a process that is ended where it works on', () => {
  /** Milliseconds for a request; a mutated file of some kilobytes takes a few. */
  const LIMIT = 1000;

  it.each(['snappy', 'gzip', 'none'])('%s', { timeout: 3_600_000 }, async (codec) => {
    const root = temporaryFolder();
    const bytes = fixtureBytes(`images-${codec}.parquet`);
    const random = randomStream(1, 'fuzz', 'parquet', codec);
    const reader = new ParquetReader({ timeLimit: LIMIT });
    const start = process.memoryUsage().rss;
    const found = { refused: 0, faults: 0, longest: 0 };
    for (let i = 0; i < FILES; i++) {
      const path = join(root, `${i}.parquet`);
      writeFileSync(path, mutated(bytes, bytes, random));
      const began = performance.now();
      const isRefused = await failsByDesign(async () => {
        const dataset = await openParquetBy(reader, { kind: 'parquet', files: [path] });
        for (let row = 0; row < Math.min(dataset.length, 7); row++) {
          if (await failsByDesign(async () => await dataset.pixels(row))) found.faults++;
        }
        dataset.close?.();
      });
      if (isRefused) found.refused++;
      found.longest = Math.max(found.longest, performance.now() - began);
      rmSync(path);
    }
    reader.close();
    expect(found.refused).toBeGreaterThan(0);
    expect(found.faults).toBeGreaterThan(0);
    // A request for the facts, the labels of three groups and seven pictures, each of which may take its time and then a new process.
    expect(found.longest).toBeLessThan(11 * LIMIT + 11 * TIME_LIMIT);
    expect(process.memoryUsage().rss - start).toBeLessThan(MEMORY_LIMIT);
  });
});
