import { mkdir, readdir, readFile, rename, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { closest, SceneError } from '@ssl-scene/errors';
import { type DownloadOptions, downloadFile } from './download-file.ts';
import { PUBLIC_DATASETS, type PublicDataset, type PublicFile } from './public-datasets.ts';
import { unpackArchive } from './unpack-archive.ts';

/** How far fetching is. */
export interface FetchProgress {
  readonly stage: 'download' | 'unpack';
  readonly file: string;
  /** Bytes that arrived, or were unpacked. */
  readonly bytes: number;
  /** Bytes of the download; absent while unpacking, when the total is not known. */
  readonly total?: number;
}

export interface FetchOptions extends Pick<DownloadOptions, 'attempts' | 'stallLimit' | 'pause' | 'signal'> {
  /** Keep the archives after unpacking. Default false. */
  readonly keepArchives?: boolean;
  /** Told title, size and licence before the first byte is fetched; throw to decline. */
  readonly onNotice?: (notice: FetchNotice) => void;
  readonly onProgress?: (progress: FetchProgress) => void;
}

/** What a person should know before fetching. */
export interface FetchNotice extends Pick<PublicDataset, 'title' | 'homepage' | 'licence'> {
  /** Bytes of all files, those already there included. */
  readonly bytes: number;
}

/** A data set that was fetched. */
export interface FetchedDataset {
  /** The folder that `findDataset` or a reader takes. */
  readonly folder: string;
  /** Files that were fetched and unpacked in this call; empty where all was there. */
  readonly fetched: readonly string[];
}

/** What is done, so that a second call does it not again. */
const RECORD = '.fetched.json';
const NOTICE = 'LICENCE-NOTICE.txt';

/**
 * Fetches a public data set into a folder: downloads (continued where they broke off), checks size and digest, unpacks, and
 * writes a licence notice. What is there already is not fetched again.
 *
 * @param dataset a name of `PUBLIC_DATASETS`, or a description of the same form
 * @throws SceneError `UNKNOWN_DATASET`, `NO_SPACE`, `DOWNLOAD_FAILED`, `WRONG_DIGEST`, `BROKEN_ARCHIVE`, `UNSAFE_ARCHIVE`, `WOULD_OVERWRITE`
 */
export async function fetchDataset(
  dataset: string | PublicDataset,
  folder: string,
  options: FetchOptions = {},
): Promise<FetchedDataset> {
  const description = typeof dataset === 'string' ? publicDataset(dataset) : dataset;
  const { title, homepage, licence, files } = description;
  const root = resolve(folder);
  options.onNotice?.({ title, homepage, licence, bytes: sumOfBytes(files) });
  await mkdir(root, { recursive: true });
  const done = await readRecord(root);
  const missing = files.filter(({ digest }) => !done.includes(digest.value));
  await requireSpace(root, missing);
  await writeFile(join(root, NOTICE), `${title}\n${homepage}\n\n${licence}\n`);
  for (const file of missing) {
    await fetchFile(file, root, options);
    done.push(file.digest.value);
    await writeRecord(root, done);
  }
  return { folder: join(root, description.folder), fetched: missing.map(({ fileName }) => fileName) };
}

function publicDataset(name: string): PublicDataset {
  const found = Object.hasOwn(PUBLIC_DATASETS, name) ? PUBLIC_DATASETS[name] : undefined;
  if (found !== undefined) return found;
  const names = Object.keys(PUBLIC_DATASETS);
  const similar = closest(name, names);
  throw new SceneError({
    code: 'UNKNOWN_DATASET',
    expected: names.join(', '),
    found: JSON.stringify(name),
    where: 'the data set to fetch',
    fix: similar === undefined ? 'Choose one of these names.' : `Did you mean "${similar}"?`,
  });
}

async function fetchFile(file: PublicFile, root: string, options: FetchOptions): Promise<void> {
  const { onProgress, signal, keepArchives } = options;
  const archive = join(root, file.fileName);
  await downloadFile(file, archive, {
    ...options,
    onBytes: (bytes, total) => onProgress?.({ stage: 'download', file: file.fileName, bytes, total }),
  });
  if (file.archive === 'none') return;
  // Unpacked aside first, so that what an interruption leaves behind is never taken for the whole.
  const aside = join(root, `.${file.fileName}.unpacking`);
  await rm(aside, { recursive: true, force: true });
  await unpackArchive(archive, file.archive, aside, {
    signal,
    onFile: (_, bytes) => onProgress?.({ stage: 'unpack', file: file.fileName, bytes }),
  });
  await moveInto(aside, root);
  await rm(aside, { recursive: true, force: true });
  if (keepArchives !== true) await rm(archive);
}

/** Moves what a folder holds into another; folders that are in both are joined. */
async function moveInto(source: string, target: string): Promise<void> {
  for (const entry of await readdir(source, { withFileTypes: true })) {
    const [from, to] = [join(source, entry.name), join(target, entry.name)];
    const present = await stat(to).catch(() => undefined);
    if (present === undefined) await rename(from, to);
    else if (entry.isDirectory() && present.isDirectory()) await moveInto(from, to);
    else if (entry.isFile() && present.isFile()) await replaceSame(from, to);
    else throw wouldOverwrite(to);
  }
}

/** An earlier call may have been interrupted while it moved; archives may share a file. Anything else is not ours to replace. */
async function replaceSame(from: string, to: string): Promise<void> {
  const [fresh, present] = [await readFile(from), await readFile(to)];
  if (!fresh.equals(present)) throw wouldOverwrite(to);
  await rename(from, to);
}

async function readRecord(root: string): Promise<string[]> {
  try {
    const record: unknown = JSON.parse(await readFile(join(root, RECORD), 'utf8'));
    return Array.isArray(record) ? record.filter((value) => typeof value === 'string') : [];
  } catch {
    // None, or one that was cut: everything is checked again.
    return [];
  }
}

async function writeRecord(root: string, done: readonly string[]): Promise<void> {
  const path = join(root, RECORD);
  await writeFile(`${path}.new`, `${JSON.stringify(done)}\n`);
  await rename(`${path}.new`, path);
}

/** Archives of pictures hardly shrink: unpacking takes about as much again. */
async function requireSpace(root: string, files: readonly PublicFile[]): Promise<void> {
  const needed = sumOfBytes(files) + Math.max(0, ...files.map(({ bytes }) => bytes));
  const { bavail, bsize } = await statfs(root);
  if (bavail * bsize >= needed) return;
  throw new SceneError({
    code: 'NO_SPACE',
    expected: `about ${gigabytes(needed)} of free space`,
    found: gigabytes(bavail * bsize),
    where: root,
    fix: 'Make room, or choose another folder.',
  });
}

function sumOfBytes(files: readonly PublicFile[]): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0);
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}

function wouldOverwrite(path: string): SceneError {
  return new SceneError({
    code: 'WOULD_OVERWRITE',
    expected: 'no such file, or the same',
    found: 'another one',
    where: path,
    fix: 'Move it away, or choose another folder.',
  });
}
