import { closeSync, openSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { SceneError } from '@ssl-scene/errors';
import type { Raster } from '@ssl-scene/geometry';
import { badAnnotation } from './annotation-error.ts';
import { expandBraces } from './brace-expansion.ts';
import { checkIndex } from './check-index.ts';
import { statData } from './data-path.ts';
import { datasetClosed } from './dataset-closed.ts';
import type { WebdatasetSource } from './dataset-source.ts';
import { readInto } from './file-bytes.ts';
import type { ImageDataset } from './image-dataset.ts';
import { ImageDecoder } from './image-decoder.ts';
import { brokenImage } from './image-fault.ts';
import { IMAGE_EXTENSIONS } from './image-format.ts';
import { SampleTable } from './sample-table.ts';
import { readShardIndex, type SampleFile, type ShardSample } from './shard-index.ts';

interface Sample extends ShardSample {
  readonly shard: Shard;
}

interface Shard {
  readonly path: string;
  readonly descriptor: number;
}

/** Longer files are no labels. */
const LONGEST_LABEL = 1 << 20;

/**
 * Opens tar shards of WebDataset with random access: samples follow the order of the shards, ids are the shard's name, a colon
 * and the sample's key. Only headers are read now (or `.idx` files, see `writeShardIndex`); a label is read when it is asked
 * for. A sample without a picture keeps its place, and reading it fails.
 *
 * @throws SceneError `DATA_NOT_FOUND`, `EMPTY_DATASET`, `BROKEN_ARCHIVE`, `BAD_ANNOTATION` for a label that is none
 */
export function openWebdataset(source: WebdatasetSource): ImageDataset {
  const paths = source.shards.flatMap(expandBraces).map((path) => resolve(path));
  for (const path of paths) statData(path);
  const shards: Shard[] = [];
  const close = (): void => {
    for (const { descriptor } of shards.splice(0)) closeSync(descriptor);
  };
  try {
    const table = new SampleTable();
    for (const path of paths) {
      shards.push({ path, descriptor: openSync(path, 'r') });
      table.addShard(readShardIndex(path));
    }
    if (table.length === 0) throw emptyShards(paths);
    return datasetOf(table, shards, { ...source, shards: paths }, close);
  } catch (error) {
    close();
    throw error;
  }
}

function datasetOf(
  table: SampleTable,
  shards: readonly Shard[],
  source: WebdatasetSource,
  closeShards: () => void,
): ImageDataset {
  const { length } = source.shards;
  const name = length === 1 ? basename(source.shards[0]!) : `${basename(source.shards[0]!)} and ${length - 1} more`;
  const decoder = new ImageDecoder(source.decode);
  const sampleAt = (index: number): Sample => {
    checkIndex(index, table.length, name);
    const { key, files, shard: number } = table.sample(index);
    const shard = shards[number];
    if (shard === undefined) throw datasetClosed(name);
    return { key, files, shard };
  };
  const encoded = (index: number): Uint8Array => {
    const sample = sampleAt(index);
    const file = pictureOf(sample, source.imageExtension);
    if (file === undefined)
      throw brokenImage(whereOf(sample), `the extensions ${extensionsOf(sample)}, none of a picture`);
    return readFileOf(sample, file);
  };
  return {
    name,
    length: table.length,
    source,
    ...(source.classNames === undefined ? {} : { classNames: source.classNames }),
    id: (index) => idOf(sampleAt(index)),
    label: (index) => readLabel(sampleAt(index), source),
    async pixels(index): Promise<Raster> {
      return await decoder.decode(encoded(index), whereOf(sampleAt(index)));
    },
    encoded,
    decisions: () => decoder.decisions(),
    close(): void {
      decoder.close();
      closeShards();
    },
  };
}

function idOf({ shard, key }: Sample): string {
  return `${basename(shard.path)}:${key}`;
}

function whereOf({ shard, key }: Sample): string {
  return `${shard.path}, sample "${key}"`;
}

function extensionsOf({ files }: Sample): string {
  return files.map(({ extension }) => extension).join(', ');
}

function pictureOf({ files }: Sample, extension: string | undefined): SampleFile | undefined {
  if (extension !== undefined) return files.find((file) => file.extension === extension.toLowerCase());
  return files.find((file) =>
    IMAGE_EXTENSIONS.includes(`.${file.extension.slice(file.extension.lastIndexOf('.') + 1)}`),
  );
}

function readFileOf(sample: Sample, { offset, size }: SampleFile): Uint8Array {
  const bytes = new Uint8Array(size);
  readInto(sample.shard.descriptor, bytes, offset, whereOf(sample));
  return bytes;
}

function readLabel(sample: Sample, source: WebdatasetSource): number {
  const extension = source.labelExtension ?? (source.labelField === undefined ? 'cls' : 'json');
  const file = sample.files.find((candidate) => candidate.extension === extension.toLowerCase());
  if (file === undefined) return -1;
  const text = new TextDecoder().decode(readFileOf(sample, { ...file, size: Math.min(file.size, LONGEST_LABEL) }));
  const value = source.labelField === undefined ? text.trim() : fieldOf(text, source.labelField, sample);
  const label = typeof value === 'number' ? value : /^-?\d+$/.test(String(value)) ? Number(value) : Number.NaN;
  if (Number.isInteger(label) && label >= -1 && label < (source.classNames?.length ?? 2 ** 31)) return label;
  const expected =
    source.classNames === undefined ? 'a whole number from -1 on' : `a number below ${source.classNames.length}`;
  throw badAnnotation(sample.shard.path, `"${sample.key}.${file.extension}"`, expected, value);
}

function fieldOf(text: string, field: string, sample: Sample): unknown {
  try {
    return (JSON.parse(text) as Record<string, unknown> | null)?.[field] ?? -1;
  } catch (error) {
    throw badAnnotation(sample.shard.path, `"${sample.key}", its JSON file`, 'JSON', (error as Error).message);
  }
}

function emptyShards(paths: readonly string[]): SceneError {
  return new SceneError({
    code: 'EMPTY_DATASET',
    expected: 'at least one sample',
    found: `none in ${paths.length} shards`,
    where: paths.slice(0, 3).join(', ') || 'an empty list of shards',
    fix: 'Check the list of shards.',
  });
}
