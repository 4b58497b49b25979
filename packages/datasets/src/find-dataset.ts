import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { SceneError } from '@ssl-scene/errors';
import { compareCodePoints } from './code-point-order.ts';
import { requireFolder } from './data-path.ts';
import type { DatasetSource } from './dataset-source.ts';

export interface FindDatasetOptions {
  /** Which part of a collection that comes in parts; a plain folder of pictures has no parts. Default `train`. */
  readonly split?: 'train' | 'test';
}

const CIFAR10_FILES = { train: /^data_batch_\d+\.bin$/, test: /^test_batch\.bin$/ };
const CIFAR100_FILES = { train: /^train\.bin$/, test: /^test\.bin$/ };
const SPLIT_FOLDERS = { train: ['train', 'training'], test: ['val', 'test', 'validation'] };

/**
 * Tells by its files what a folder holds: CIFAR-10 or CIFAR-100 in binary form, Tiny ImageNet, STL-10,
 * folders `train` and `val` (or `test`) of
 * pictures, or simply pictures.
 *
 * @throws SceneError `DATA_NOT_FOUND`, `NOT_A_FOLDER`, or `SPLIT_NOT_FOUND` where the collection lacks the part asked for
 */
export function findDataset(folder: string, options: FindDatasetOptions = {}): DatasetSource {
  const split = options.split ?? 'train';
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

  const present = (part: 'train' | 'test'): string | undefined =>
    SPLIT_FOLDERS[part].find((name) => entries.includes(name));
  if (present('train') === undefined) return { kind: 'image-folder', root };
  const name = present(split);
  if (name === undefined) throw splitNotFound(root, split, SPLIT_FOLDERS[split].join(' or '));
  return { kind: 'image-folder', root: join(root, name) };
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
