import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { SceneError } from '@ssl-scene/errors';
import { badAnnotation } from './annotation-error.ts';
import { readDataFile, requireFolder } from './data-path.ts';
import type { Places365Source } from './dataset-source.ts';
import type { ImageDataset } from './image-dataset.ts';
import { openImageList } from './image-list.ts';

const LISTS = { train: 'places365_train_standard.txt', val: 'places365_val.txt', test: 'places365_test.txt' };

/** Where images of each part are, smaller versions first: what the archives unpack to, and what torchvision renames that to. */
const FOLDERS = {
  train: ['data_256', 'data_256_standard', 'train_256_places365standard', 'data_large', 'data_large_standard'],
  val: ['val_256', 'val_large'],
  test: ['test_256', 'test_large'],
};

const CATEGORIES = 'categories_places365.txt';

/**
 * Opens Places365-Standard. Images follow the official lists; class names are looked up by their number in
 * `categories_places365.txt` (`/a/airfield 0`), whatever the order of its lines.
 *
 * @throws SceneError `DATA_NOT_FOUND`, `BAD_ANNOTATION` with file and line
 */
export function openPlaces365(source: Places365Source): ImageDataset {
  const root = resolve(source.root);
  requireFolder(root);
  const split = source.split ?? 'train';
  const folder = FOLDERS[split].find((name) => existsSync(join(root, name)));
  if (folder === undefined) throw missingImages(root, FOLDERS[split]);
  const classNames = readCategories(join(root, CATEGORIES));
  const images = openImageList({
    kind: 'image-list',
    lists: [join(root, LISTS[split])],
    root: join(root, folder),
    labels: split === 'test' ? 'none' : 'required',
    classNames,
    ...(source.decode === undefined ? {} : { decode: source.decode }),
  });
  return { ...images, name: `Places365 ${split}`, source: { ...source, root } };
}

function readCategories(file: string): string[] {
  const lines = new TextDecoder().decode(readDataFile(file)).trim().split(/\r?\n/);
  const names: string[] = [];
  for (const [i, line] of lines.entries()) {
    const match = /^(\S+)\s+(\d+)$/.exec(line.trim());
    const number = Number(match?.[2]);
    if (match === null || number >= lines.length || names[number] !== undefined) {
      throw badAnnotation(file, `line ${i + 1}`, `a name and a number from 0 to ${lines.length - 1}, each once`, line);
    }
    names[number] = match[1]!;
  }
  return names;
}

function missingImages(root: string, folders: readonly string[]): SceneError {
  return new SceneError({
    code: 'DATA_NOT_FOUND',
    expected: `one of the folders ${folders.join(', ')}`,
    found: 'none of them',
    where: root,
    fix: 'Unpack the images there.',
  });
}
