import { basename, dirname, join } from 'node:path';
import { SceneError } from '@ssl-scene/errors';
import type { Raster } from '@ssl-scene/geometry';
import { checkIndex } from './check-index.ts';
import { readDataFile, readLines } from './data-path.ts';
import type { Cifar10Source, Cifar100Source } from './dataset-source.ts';
import type { ImageDataset, ImageSize } from './image-dataset.ts';

const SIDE = 32;
const PIXELS = SIDE * SIDE;
const IMAGE_BYTES = PIXELS * 3;
const SIZE: ImageSize = { width: SIDE, height: SIDE };

/** A binary format of the CIFAR family: label bytes, then the red, the green and the blue plane, row-major. */
interface Format {
  readonly name: string;
  /** Number of values of each label byte of a record. */
  readonly classes: readonly number[];
  /** Which of them is the label. */
  readonly labelByte: number;
  /** Name of the file of class names beside the data. */
  readonly namesFile: string;
}

const CIFAR10: Format = { name: 'CIFAR-10', classes: [10], labelByte: 0, namesFile: 'batches.meta.txt' };
const CIFAR100_COARSE: Format = {
  name: 'CIFAR-100',
  classes: [20, 100],
  labelByte: 0,
  namesFile: 'coarse_label_names.txt',
};
const CIFAR100_FINE: Format = { ...CIFAR100_COARSE, labelByte: 1, namesFile: 'fine_label_names.txt' };

interface Batch {
  readonly name: string;
  readonly labels: Uint8Array;
  /** Interleaved RGB, one image after the other. */
  readonly pixels: Uint8Array;
}

/**
 * Opens the binary files of CIFAR-10 or CIFAR-100. They are read into memory, so that `pixels` answers at once. Ids are the
 * file's name, `#` and the record's number from 0.
 *
 * @throws SceneError `TRUNCATED_RECORD` where a file ends inside a record, `WRONG_FORMAT` where it holds the other data set or
 * something else, `DATA_NOT_FOUND`, `EMPTY_DATASET`
 */
export function openCifar(source: Cifar10Source | Cifar100Source): ImageDataset {
  const format = formatOf(source);
  if (source.files.length === 0) throw emptyDataset(format, 'no file at all');
  const batches = source.files.map((file) => readBatch(file, format));
  const starts = [0];
  for (const { labels } of batches) starts.push(starts.at(-1)! + labels.length);
  const length = starts.at(-1)!;
  if (length === 0) throw emptyDataset(format, 'files without a record');
  const classNames = readClassNames(source.files[0]!, format);

  const locate = (index: number): { batch: Batch; record: number } => {
    checkIndex(index, length, format.name);
    let i = 0;
    while (index >= starts[i + 1]!) i++;
    return { batch: batches[i]!, record: index - starts[i]! };
  };

  return {
    name: format.name,
    length,
    source,
    ...(classNames === undefined ? {} : { classNames }),
    id(index: number): string {
      const { batch, record } = locate(index);
      return `${batch.name}#${record}`;
    },
    label(index: number): number {
      const { batch, record } = locate(index);
      return batch.labels[record]!;
    },
    size: () => SIZE,
    pixels(index: number): Raster {
      const { batch, record } = locate(index);
      const start = record * IMAGE_BYTES;
      return { ...SIZE, data: batch.pixels.slice(start, start + IMAGE_BYTES) };
    },
  };
}

function formatOf(source: Cifar10Source | Cifar100Source): Format {
  if (source.kind === 'cifar10') return CIFAR10;
  return source.labels === 'coarse' ? CIFAR100_COARSE : CIFAR100_FINE;
}

function readBatch(path: string, format: Format): Batch {
  const bytes = readDataFile(path);
  const recordBytes = format.classes.length + IMAGE_BYTES;
  const records = Math.floor(bytes.length / recordBytes);
  checkLength(bytes.length, recordBytes, path, format);
  const labels = new Uint8Array(records);
  const pixels = new Uint8Array(records * IMAGE_BYTES);
  for (let record = 0; record < records; record++) {
    const start = record * recordBytes;
    checkLabels(bytes, start, record, path, format);
    labels[record] = bytes[start + format.labelByte]!;
    interleave(bytes, start + format.classes.length, pixels, record * IMAGE_BYTES);
  }
  return { name: basename(path), labels, pixels };
}

function interleave(planes: Uint8Array, from: number, pixels: Uint8Array, to: number): void {
  for (let i = 0; i < PIXELS; i++) {
    pixels[to + 3 * i] = planes[from + i]!;
    pixels[to + 3 * i + 1] = planes[from + PIXELS + i]!;
    pixels[to + 3 * i + 2] = planes[from + 2 * PIXELS + i]!;
  }
}

function checkLength(length: number, recordBytes: number, path: string, format: Format): void {
  const rest = length % recordBytes;
  if (rest === 0) return;
  const other = format === CIFAR10 ? CIFAR100_FINE : CIFAR10;
  if (length % (other.classes.length + IMAGE_BYTES) === 0) {
    throw new SceneError({
      code: 'WRONG_FORMAT',
      expected: `${format.name} records of ${recordBytes} bytes`,
      found: `${length} bytes, a whole number of ${other.name} records`,
      where: path,
      fix: `Open the file as ${other.name}.`,
    });
  }
  throw new SceneError({
    code: 'TRUNCATED_RECORD',
    expected: `a whole number of ${recordBytes}-byte records`,
    found: `${rest} bytes of record ${Math.floor(length / recordBytes)} (counted from 0) at the end of ${length} bytes`,
    where: path,
    fix: 'Fetch or unpack the file again.',
  });
}

function checkLabels(bytes: Uint8Array, start: number, record: number, path: string, format: Format): void {
  for (let i = 0; i < format.classes.length; i++) {
    const label = bytes[start + i]!;
    if (label < format.classes[i]!) continue;
    throw new SceneError({
      code: 'WRONG_FORMAT',
      expected: `a label from 0 to ${format.classes[i]! - 1} as byte ${i} of each ${format.name} record`,
      found: `${label} in record ${record} (counted from 0)`,
      where: path,
      fix: 'Check that this is the binary version of that data set, unpacked, and not the Python or the Matlab version.',
    });
  }
}

function readClassNames(file: string, format: Format): string[] | undefined {
  const path = join(dirname(file), format.namesFile);
  const names = readLines(path);
  const expected = format.classes[format.labelByte]!;
  if (names === undefined || names.length === expected) return names;
  throw new SceneError({
    code: 'BAD_CLASS_NAMES',
    expected: `${expected} class names, one a line`,
    found: `${names.length} lines`,
    where: path,
    fix: 'Restore the file, or remove it to go without names.',
  });
}

function emptyDataset(format: Format, found: string): SceneError {
  return new SceneError({
    code: 'EMPTY_DATASET',
    expected: `at least one ${format.name} record`,
    found,
    where: format.name,
    fix: 'Name the .bin files of the data set.',
  });
}
