import { closeSync, openSync, readSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { SceneError } from '@ssl-scene/errors';
import type { Raster } from '@ssl-scene/geometry';
import { badAnnotation } from './annotation-error.ts';
import { checkIndex } from './check-index.ts';
import { readDataFile, readLines, requireFolder, statData } from './data-path.ts';
import { datasetClosed } from './dataset-closed.ts';
import type { Stl10Source } from './dataset-source.ts';
import type { ImageDataset } from './image-dataset.ts';

const SIDE = 96;
const PIXELS = SIDE * SIDE;
const IMAGE_BYTES = PIXELS * 3;
const CLASSES = 10;

/**
 * Opens STL-10 in its binary format. The unlabelled part has 2.8 GB, so images are read from the file one by one, but at once
 * (`pixels` gives no promise).
 *
 * @throws SceneError `DATA_NOT_FOUND`, `TRUNCATED_RECORD`, `BAD_ANNOTATION` where labels or folds do not fit the images
 */
export function openStl10(source: Stl10Source): ImageDataset {
  const root = resolve(source.root);
  requireFolder(root);
  const split = source.split ?? 'train';
  const file = join(root, split === 'unlabelled' ? 'unlabeled_X.bin' : `${split}_X.bin`);
  const stored = countRecords(file);
  const labels = split === 'unlabelled' ? undefined : readLabels(join(root, `${split}_y.bin`), stored);
  const records = source.fold === undefined ? undefined : readFold(root, source.fold, split, stored);
  const length = records?.length ?? stored;
  const name = `STL-10 ${split}`;
  const classNames = readLines(join(root, 'class_names.txt'));

  const handle = openSync(file, 'r');
  let isOpen = true;
  const planes = new Uint8Array(IMAGE_BYTES);
  const recordOf = (index: number): number => {
    checkIndex(index, length, name);
    return records?.[index] ?? index;
  };
  return {
    name,
    length,
    source: { ...source, root },
    ...(classNames === undefined ? {} : { classNames }),
    id: (index: number) => `${split}#${recordOf(index)}`,
    label: (index: number) => labels?.[recordOf(index)] ?? -1,
    size(index: number) {
      recordOf(index);
      return { width: SIDE, height: SIDE };
    },
    pixels(index: number): Raster {
      if (!isOpen) throw datasetClosed(file);
      readSync(handle, planes, 0, IMAGE_BYTES, recordOf(index) * IMAGE_BYTES);
      return { width: SIDE, height: SIDE, data: transposed(planes) };
    },
    close(): void {
      if (isOpen) closeSync(handle);
      isOpen = false;
    },
  };
}

/** Planes are stored column by column. */
function transposed(planes: Uint8Array): Uint8Array {
  const rgb = new Uint8Array(IMAGE_BYTES);
  for (let channel = 0; channel < 3; channel++) {
    for (let x = 0; x < SIDE; x++) {
      const column = channel * PIXELS + x * SIDE;
      for (let y = 0; y < SIDE; y++) rgb[3 * (y * SIDE + x) + channel] = planes[column + y]!;
    }
  }
  return rgb;
}

function countRecords(file: string): number {
  const { size } = statData(file);
  const rest = size % IMAGE_BYTES;
  if (rest === 0 && size > 0) return size / IMAGE_BYTES;
  throw new SceneError({
    code: 'TRUNCATED_RECORD',
    expected: `a whole number of ${IMAGE_BYTES}-byte images`,
    found: size === 0 ? 'an empty file' : `${rest} bytes of image ${Math.floor(size / IMAGE_BYTES)} (counted from 0)`,
    where: file,
    fix: 'Fetch or unpack the file again.',
  });
}

/** Labels are stored from 1. */
function readLabels(file: string, images: number): Int32Array {
  const bytes = readDataFile(file);
  if (bytes.length !== images) throw badAnnotation(file, 'its length', `${images} labels`, bytes.length);
  return Int32Array.from(bytes, (label, i) => {
    if (label >= 1 && label <= CLASSES) return label - 1;
    throw badAnnotation(file, `byte ${i}`, `a label from 1 to ${CLASSES}`, label);
  });
}

function readFold(root: string, fold: number, split: string, images: number): Int32Array {
  const file = join(root, 'fold_indices.txt');
  const lines = new TextDecoder().decode(readDataFile(file)).trim().split(/\r?\n/);
  const line = split === 'train' ? lines[fold] : undefined;
  if (line === undefined) {
    throw new SceneError({
      code: 'BAD_OPTION',
      expected: `a fold of the training images, 0 to ${lines.length - 1}`,
      found: `fold ${fold} of split "${split}"`,
      where: file,
      fix: 'Correct `fold` or `split`.',
    });
  }
  return Int32Array.from(line.trim().split(/\s+/), (word) => {
    const index = Number(word);
    if (Number.isInteger(index) && index >= 0 && index < images) return index;
    throw badAnnotation(file, `line ${fold + 1}`, `indices from 0 to ${images - 1}`, word);
  });
}
