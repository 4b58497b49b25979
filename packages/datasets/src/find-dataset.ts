import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { SceneError } from '@ssl-scene/errors';
import { cocoSource } from './coco-layout.ts';
import { compareCodePoints } from './code-point-order.ts';
import { requireFolder } from './data-path.ts';
import type { DatasetSource } from './dataset-source.ts';
import { findFileSource } from './find-files.ts';

export interface FindDatasetOptions {
  /** Which part of a collection that comes in parts; a plain folder of pictures has no parts. Default `train`. */
  readonly split?: 'train' | 'test';
}

const CIFAR10_FILES = { train: /^data_batch_\d+\.bin$/, test: /^test_batch\.bin$/ };
const CIFAR100_FILES = { train: /^train\.bin$/, test: /^test\.bin$/ };
const SPLIT_FOLDERS = { train: ['train', 'training'], test: ['val', 'test', 'validation'] };

/**
 * Tells by its files what a folder holds: CIFAR-10 or CIFAR-100 in binary form, Tiny ImageNet, STL-10, COCO, Pascal VOC,
 * ImageNet, Places365, Parquet files or WebDataset shards (by their names those of the part asked for, where names tell),
 * folders `train` and `val` (or `test`) of pictures, or simply pictures. Instead of a folder, one of the files that
 * readers take can be given (a list of pictures `.txt`, a shard, a Parquet, NumPy or packed file), several of them with their
 * numbers in braces (`train-{00..99}.tar`), or a pattern of pictures with `*`.
 *
 * @throws SceneError `DATA_NOT_FOUND`, `NOT_A_FOLDER`, or `SPLIT_NOT_FOUND` where the collection lacks the part asked for
 */
export function findDataset(folder: string, options: FindDatasetOptions = {}): DatasetSource {
  const split = options.split ?? 'train';
  const files = findFileSource(folder);
  if (files !== undefined) return files;
  requireFolder(folder);
  const root = resolve(folder);
  const entries = readdirSync(root).sort(compareCodePoints);

  for (const [kind, patterns] of [['cifar10', CIFAR10_FILES] as const, ['cifar100', CIFAR100_FILES] as const]) {
    const files = (part: 'train' | 'test'): string[] => entries.filter((name) => patterns[part].test(name));
    if (files('train').length + files('test').length === 0) continue;
    if (files(split).length === 0) throw splitNotFound(root, split, patterns[split].source);
    return { kind, files: files(split).map((name) => join(root, name)) };
  }

  if (['wnids.txt', 'words.txt', 'train'].every((name) => entries.includes(name))) {
    return { kind: 'tiny-imagenet', root, split };
  }
  if (entries.includes(`${split}_X.bin`)) return { kind: 'stl10', root, split };

  const collection = findCollection(root, entries, split);
  if (collection !== undefined) return collection;

  const present = (part: 'train' | 'test'): string | undefined =>
    SPLIT_FOLDERS[part].find((name) => entries.includes(name));
  if (present('train') === undefined) return findFiles(root, entries, split) ?? { kind: 'image-folder', root };
  const name = present(split);
  if (name === undefined) throw splitNotFound(root, split, SPLIT_FOLDERS[split].join(' or '));
  return { kind: 'image-folder', root: join(root, name) };
}

/** Collections that are told by a folder or file of a certain name. */
function findCollection(root: string, entries: readonly string[], split: 'train' | 'test'): DatasetSource | undefined {
  const part = split === 'train' ? 'train' : 'val';
  if (entries.includes('annotations')) {
    const parts = readdirSync(join(root, 'annotations')).flatMap(
      (name) => /^instances_(\w+)\.json$/.exec(name)?.[1] ?? [],
    );
    const found = parts.sort(compareCodePoints).find((name) => name.startsWith(part));
    if (found !== undefined) return cocoSource(root, found);
    if (parts.length > 0) throw splitNotFound(root, split, `instances_${part}….json`);
  }
  if (['Annotations', 'ImageSets', 'JPEGImages'].every((name) => entries.includes(name))) {
    return { kind: 'voc', root, imageSet: split === 'train' ? 'trainval' : 'test' };
  }
  const isImagenet = [root, join(root, 'ILSVRC')].some((folder) => existsSync(join(folder, 'Data', 'CLS-LOC')));
  if (isImagenet) return { kind: 'imagenet', root, split: part };
  return entries.includes('categories_places365.txt') ? { kind: 'places365', root, split: part } : undefined;
}

/** Parquet files and tar shards; files whose names begin with no part of a collection count as training data. */
function findFiles(root: string, entries: readonly string[], split: 'train' | 'test'): DatasetSource | undefined {
  const folder =
    entries.includes('data') && !entries.some((name) => name.endsWith('.parquet')) ? join(root, 'data') : root;
  for (const extension of ['.parquet', '.tar']) {
    const files = (statSync(folder).isDirectory() ? readdirSync(folder) : [])
      .filter((name) => name.endsWith(extension))
      .sort(compareCodePoints);
    if (files.length === 0) continue;
    const chosen = files.filter((name) => (/^(?:val|test|dev|eval)/i.test(name) ? 'test' : 'train') === split);
    if (chosen.length === 0) throw splitNotFound(root, split, `${SPLIT_FOLDERS[split].join('…, ')}…${extension}`);
    const paths = chosen.map((name) => join(folder, name));
    return extension === '.parquet' ? { kind: 'parquet', files: paths } : { kind: 'webdataset', shards: paths };
  }
  return undefined;
}

function splitNotFound(root: string, split: string, expected: string): SceneError {
  return new SceneError({
    code: 'SPLIT_NOT_FOUND',
    expected: `files or a folder named ${expected}`,
    found: 'none',
    where: `${root}, split "${split}"`,
    fix: 'Add that part of the data set, or ask for the other one.',
  });
}
