import { existsSync, statSync, writeFileSync } from 'node:fs';
import { badAnnotation } from './annotation-error.ts';
import { readDataFile } from './data-path.ts';
import { readTarIndex } from './tar-index.ts';

/** A file of a sample, by its extension. */
export interface SampleFile {
  /** What follows the first dot of the file's name, lower case. */
  readonly extension: string;
  readonly offset: number;
  readonly size: number;
}

/** Files of a tar shard that belong together. */
export interface ShardSample {
  /** Path of its files up to the first dot of the name. */
  readonly key: string;
  readonly files: readonly SampleFile[];
}

const VERSION_LINE = /^v1\.[012] (\d+)$/;

/**
 * The samples of a shard, in its order: consecutive files of one key. Where a DALI index (`wds2idx`, `.idx` beside the shard)
 * of the shard's age or younger is present it is read, otherwise the shard's headers are.
 *
 * @throws SceneError `BROKEN_ARCHIVE`, `BAD_ANNOTATION` for an index that does not fit
 */
export function readShardIndex(shard: string): ShardSample[] {
  const index = indexPath(shard);
  const isUsable = existsSync(index) && statSync(index).mtimeMs >= statSync(shard).mtimeMs;
  return isUsable ? readIndexFile(index, statSync(shard).size) : samplesOf(shard);
}

/**
 * Writes a DALI index (version 1.2) beside a shard, so that opening it need not visit all headers.
 *
 * @returns the path of the index
 * @throws SceneError `BROKEN_ARCHIVE`, `BAD_ANNOTATION` for names with blanks, which the format cannot hold
 */
export function writeShardIndex(shard: string): string {
  const samples = samplesOf(shard);
  const unsuited = samples.find(({ key }) => /\s/.test(key));
  if (unsuited !== undefined)
    throw badAnnotation(shard, `the sample "${unsuited.key}"`, 'names without blanks', unsuited.key);
  const lines = samples.map(({ key, files }) =>
    files.map(({ extension, offset, size }) => `${extension} ${offset} ${size} ${key}.${extension}`).join(' '),
  );
  const path = indexPath(shard);
  writeFileSync(path, `${[`v1.2 ${samples.length}`, ...lines].join('\n')}\n`);
  return path;
}

function indexPath(shard: string): string {
  return shard.replace(/(\.tar)?$/, '.idx');
}

function samplesOf(shard: string): ShardSample[] {
  const samples: { key: string; files: SampleFile[] }[] = [];
  for (const { name, offset, size } of readTarIndex(shard)) {
    const split = splitName(name);
    if (split === undefined) continue;
    const { key, extension } = split;
    if (samples.at(-1)?.key !== key) samples.push({ key, files: [] });
    samples.at(-1)!.files.push({ extension, offset, size });
  }
  return samples;
}

/** WebDataset's rule; names that begin with a dot or have none are no part of a sample. */
function splitName(name: string): { key: string; extension: string } | undefined {
  const base = name.slice(name.lastIndexOf('/') + 1);
  const dot = base.indexOf('.');
  if (dot <= 0 || name.startsWith('__')) return undefined;
  return { key: name.slice(0, name.length - base.length + dot), extension: base.slice(dot + 1).toLowerCase() };
}

/** After the version a line a sample: extension, offset, size and (from 1.2 on) name of each file. */
function readIndexFile(file: string, shardBytes: number): ShardSample[] {
  const lines = new TextDecoder().decode(readDataFile(file)).trimEnd().split(/\r?\n/);
  const count = Number(VERSION_LINE.exec(lines[0]!)?.[1]);
  if (count !== lines.length - 1) {
    throw badAnnotation(file, 'line 1', `"v1.2" and the number of the ${lines.length - 1} samples`, lines[0]);
  }
  const fields = lines[0]!.startsWith('v1.2') ? 4 : 3;
  return lines.slice(1).map((line, i) => {
    const words = line.trim().split(' ');
    const files: SampleFile[] = [];
    for (let at = 0; at + fields <= words.length; at += fields) {
      const [extension, offset, size] = [words[at]!, Number(words[at + 1]), Number(words[at + 2])];
      if (
        !(Number.isInteger(offset) && Number.isInteger(size) && offset >= 0 && offset + size <= shardBytes && size >= 0)
      ) {
        throw badAnnotation(file, `line ${i + 2}`, 'places within the shard', line);
      }
      files.push({ extension: extension.toLowerCase(), offset, size });
    }
    if (files.length === 0 || words.length % fields !== 0) {
      throw badAnnotation(file, `line ${i + 2}`, `${fields} words for each file`, line);
    }
    return { key: fields === 4 ? (splitName(words[3]!)?.key ?? words[3]!) : String(i), files };
  });
}
