import { basename, resolve } from 'node:path';
import { isSceneError, SceneError } from '@ssl-scene/errors';
import type { Raster } from '@ssl-scene/geometry';
import { badAnnotation } from './annotation-error.ts';
import { checkIndex } from './check-index.ts';
import { compareCodePoints } from './code-point-order.ts';
import type { ParquetSource } from './dataset-source.ts';
import { resolveDecodeOptions } from './decode-options.ts';
import type { ImageDataset } from './image-dataset.ts';
import { ImageDecoder } from './image-decoder.ts';
import { brokenImage } from './image-fault.ts';
import type { ParquetFacts } from './parquet-message.ts';
import { ParquetReader } from './parquet-reader.ts';

interface Labels {
  readonly values: Int32Array;
  readonly classNames: readonly string[] | undefined;
}

/**
 * Opens Parquet files with a column of pictures. Labels are read now, pictures when they are asked for; ids are the file's
 * name, `#` and the row from 0. Class names come from the file's metadata, or where labels are words from these, in code-point
 * order. A row without a picture keeps its place, and reading it fails.
 *
 * Reading a row means reading and unpacking its page, which writers make about a megabyte large: for training in random order,
 * pack the data set first. Files are read in a child process: damaged ones can keep their library busy without end or ask for
 * all memory, and what takes longer than `decode.timeLimit` is given up.
 *
 * @throws SceneError `DATA_NOT_FOUND`, `EMPTY_DATASET`, `BAD_PARQUET_FILE`, `UNKNOWN_COLUMN`, `BAD_ANNOTATION`,
 * `PARQUET_READER_UNAVAILABLE`
 */
export async function openParquet(source: ParquetSource): Promise<ImageDataset> {
  const { timeLimit } = resolveDecodeOptions(source.decode);
  const reader = new ParquetReader({ timeLimit });
  try {
    const dataset = await openParquetBy(reader, source);
    return {
      ...dataset,
      close(): void {
        dataset.close?.();
        reader.close();
      },
    };
  } catch (error) {
    reader.close();
    throw error;
  }
}

/** See `openParquet`; the reader stays the caller's. */
export async function openParquetBy(reader: ParquetReader, source: ParquetSource): Promise<ImageDataset> {
  const paths = source.files.map((file) => resolve(file));
  const files: OpenFile[] = [];
  for (const path of paths) files.push({ path, ...(await reader.ask<'facts'>({ kind: 'facts', path })) });
  if (files.every(({ rows }) => rows === 0)) throw emptyFiles(paths);
  const imageColumn = findImageColumn(files, source.imageColumn);
  const labels = await readLabels(reader, files, findLabelColumn(files, source.labelColumn));
  return datasetOf(reader, files, imageColumn, labels, { ...source, files: paths });
}

type OpenFile = ParquetFacts & { readonly path: string };

function datasetOf(
  reader: ParquetReader,
  files: readonly OpenFile[],
  imageColumn: string,
  { values, classNames }: Labels,
  source: ParquetSource,
): ImageDataset {
  const starts = [0];
  for (const { rows } of files) starts.push(starts.at(-1)! + rows);
  const length = starts.at(-1)!;
  const name =
    files.length === 1 ? basename(files[0]!.path) : `${basename(files[0]!.path)} and ${files.length - 1} more`;
  const decoder = new ImageDecoder(source.decode);
  const locate = (index: number): { path: string; row: number } => {
    checkIndex(index, length, name);
    const number = starts.findIndex((start) => start > index) - 1;
    return { path: files[number]!.path, row: index - starts[number]! };
  };
  const whereOf = (index: number): string => {
    const { path, row } = locate(index);
    return `${path}, row ${row}`;
  };
  const encoded = async (index: number): Promise<Uint8Array> => {
    const bytes = await readPicture(reader, { ...locate(index), column: imageColumn }, whereOf(index));
    if (bytes !== undefined) return bytes;
    throw brokenImage(whereOf(index), 'a row without the bytes of a picture');
  };
  return {
    name,
    length,
    source,
    ...(classNames === undefined ? {} : { classNames }),
    id(index): string {
      const { path, row } = locate(index);
      return `${basename(path)}#${row}`;
    },
    label(index): number {
      checkIndex(index, length, name);
      return values[index]!;
    },
    async pixels(index): Promise<Raster> {
      return await decoder.decode(await encoded(index), whereOf(index));
    },
    encoded,
    decisions: () => decoder.decisions(),
    close: () => decoder.close(),
  };
}

/** A damaged row group makes its pictures bad, not the whole data set. */
async function readPicture(
  reader: ParquetReader,
  place: { readonly path: string; readonly column: string; readonly row: number },
  where: string,
): Promise<Uint8Array | undefined> {
  try {
    return await reader.ask<'picture'>({ kind: 'picture', ...place });
  } catch (error) {
    throw isSceneError(error) && error.code === 'BAD_PARQUET_FILE' ? brokenImage(where, error.found, error) : error;
  }
}

function findImageColumn(files: readonly OpenFile[], wanted: string | undefined): string {
  const { path, columns, features } = files[0]!;
  const candidates = wanted === undefined ? [...features.images, 'image', 'img'] : [wanted];
  const found = candidates.find((column) => columns.includes(column));
  if (found === undefined) throw unknownColumn(path, candidates, columns);
  requireColumn(files, found);
  return found;
}

function findLabelColumn(files: readonly OpenFile[], wanted: string | undefined): string | undefined {
  const { path, columns, features } = files[0]!;
  const candidates = wanted === undefined ? [...features.classes.keys(), 'label'] : [wanted];
  const found = candidates.find((column) => columns.includes(column));
  if (found !== undefined) requireColumn(files, found);
  else if (wanted !== undefined) throw unknownColumn(path, candidates, columns);
  return found;
}

function requireColumn(files: readonly OpenFile[], column: string): void {
  const lacking = files.find(({ columns }) => !columns.includes(column));
  if (lacking !== undefined) throw unknownColumn(lacking.path, [column], lacking.columns);
}

async function readLabels(
  reader: ParquetReader,
  files: readonly OpenFile[],
  column: string | undefined,
): Promise<Labels> {
  const length = files.reduce((sum, { rows }) => sum + rows, 0);
  if (column === undefined) return { values: new Int32Array(length).fill(-1), classNames: undefined };
  const stored: unknown[] = [];
  for (const { path, groups } of files) {
    for (let group = 0; group < groups; group++) {
      const values = await reader.ask<'labels'>({ kind: 'labels', path, column, group });
      for (const value of values) stored.push(value);
    }
  }
  const known = files[0]!.features.classes.get(column);
  const words = stored.every((value) => typeof value === 'string' || value === null)
    ? (stored as (string | null)[])
    : [];
  const classNames = known ?? wordsAsClasses(words);
  const labelOf = new Map(classNames?.map((name, label) => [name, label]));
  const values = Int32Array.from(stored, (value, i) => {
    if (value === null || value === undefined) return -1;
    const label = typeof value === 'string' ? (labelOf.get(value) ?? Number.NaN) : Number(value);
    if (Number.isInteger(label) && label >= -1 && label < (classNames?.length ?? 2 ** 31)) return label;
    throw badAnnotation(files[0]!.path, `column "${column}", row ${i} of all`, 'a class', String(value));
  });
  return { values, classNames };
}

function wordsAsClasses(words: readonly (string | null)[]): string[] | undefined {
  const distinct = new Set(words.filter((word) => word !== null));
  return distinct.size === 0 ? undefined : [...distinct].sort(compareCodePoints);
}

function unknownColumn(where: string, wanted: readonly string[], columns: readonly string[]): SceneError {
  return new SceneError({
    code: 'UNKNOWN_COLUMN',
    expected: `a column ${wanted.map((name) => `"${name}"`).join(' or ')}`,
    found: `the columns ${columns.join(', ')}`,
    where,
    fix: 'Name one of them with `imageColumn` or `labelColumn`.',
  });
}

function emptyFiles(paths: readonly string[]): SceneError {
  return new SceneError({
    code: 'EMPTY_DATASET',
    expected: 'at least one row',
    found: 'none',
    where: paths.join(', ') || 'an empty list of files',
    fix: 'Check the list of files.',
  });
}
