import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { SceneError } from '@ssl-scene/errors';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import type { FileRecord } from './manifest.ts';

/** Where an archive's member goes, relative to the target folder; `undefined` leaves it packed. */
export type Selection = (memberName: string) => string | undefined;

/** How to unpack. */
export interface UnpackOptions {
  /** Called with the bytes written so far and the bytes that will be written. */
  readonly onBytes?: (completed: number, total: number) => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Unpacks the selected members of a zip archive, streaming, and returns what was written by relative path.
 *
 * @throws SceneError `NATIVE_WHEEL` where the file is no readable archive or holds none of the wanted members.
 */
export async function unpack(
  archivePath: string,
  targetDirectory: string,
  select: Selection,
  options: UnpackOptions = {},
): Promise<Record<string, FileRecord>> {
  let archive: ZipFile | undefined;
  try {
    archive = await openPromise(archivePath, { autoClose: false });
    return await unpackSelected(archive, archivePath, targetDirectory, select, options);
  } catch (error) {
    if (options.signal?.aborted || (error as { code?: unknown }).code !== undefined) throw error;
    throw wheelError(archivePath, (error as Error).message, error);
  } finally {
    archive?.close();
  }
}

async function unpackSelected(
  archive: ZipFile,
  archivePath: string,
  targetDirectory: string,
  select: Selection,
  options: UnpackOptions,
): Promise<Record<string, FileRecord>> {
  const wanted: { entry: Entry; path: string }[] = [];
  for await (const entry of archive.eachEntry()) {
    const path = entry.fileName.endsWith('/') ? undefined : select(entry.fileName);
    if (path !== undefined) wanted.push({ entry, path });
  }
  if (wanted.length === 0) throw wheelError(archivePath, 'none of the wanted files');

  const total = wanted.reduce((sum, { entry }) => sum + entry.uncompressedSize, 0);
  const records: Record<string, FileRecord> = {};
  let completed = 0;
  for (const { entry, path } of wanted) {
    const target = join(targetDirectory, path);
    await mkdir(dirname(target), { recursive: true });
    const source = await archive.openReadStreamPromise(entry);
    records[path] = await writeHashed(source, target, options.signal, (bytes) => {
      completed += bytes;
      options.onBytes?.(completed, total);
    });
  }
  return records;
}

async function writeHashed(
  source: NodeJS.ReadableStream,
  target: string,
  signal: AbortSignal | undefined,
  onChunk: (bytes: number) => void,
): Promise<FileRecord> {
  const hash = createHash('sha256');
  let size = 0;
  const measure = new Transform({
    transform(chunk: Buffer, _encoding, done): void {
      hash.update(chunk);
      size += chunk.length;
      onChunk(chunk.length);
      done(null, chunk);
    },
  });
  await pipeline(source, measure, createWriteStream(target), { signal });
  return { size, sha256: hash.digest('hex') };
}

function wheelError(path: string, found: string, cause?: unknown): SceneError {
  return new SceneError({
    code: 'NATIVE_WHEEL',
    expected: 'a TensorFlow wheel (a zip archive with the library and its C headers)',
    found,
    where: path,
    fix: 'Download the wheel again, or give another one.',
    cause,
  });
}
