import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { isSceneError } from '@ssl-scene/errors';
import { openPromise } from 'yauzl';
import { brokenArchive } from './archive-error.ts';
import { archivePath, unsafe } from './archive-path.ts';
import type { PublicFile } from './public-datasets.ts';
import { TarReader } from './tar-reader.ts';

export interface UnpackOptions {
  /** Unpacked bytes after which the archive is given up. Default 200 GB. */
  readonly byteLimit?: number;
  /** Called after each file with the number of files and bytes so far. */
  readonly onFile?: (files: number, bytes: number) => void;
  readonly signal?: AbortSignal | undefined;
}

/** What was unpacked. */
export interface Unpacked {
  readonly files: number;
  readonly bytes: number;
}

const BYTE_LIMIT = 200e9;

/** Upper half of a zip entry's attributes: the file type of Unix. */
const TYPE_MASK = 0o170000;
const REGULAR = 0o100000;
const FOLDER = 0o040000;

/**
 * Unpacks an archive below a folder, streaming. Only files and folders are made: links, devices and names that lead elsewhere
 * are refused, and existing files are not overwritten.
 *
 * @throws SceneError `BROKEN_ARCHIVE`, `UNSAFE_ARCHIVE`
 */
export async function unpackArchive(
  archive: string,
  kind: Exclude<PublicFile['archive'], 'none'>,
  folder: string,
  options: UnpackOptions = {},
): Promise<Unpacked> {
  const target = new Target(archive, folder, options);
  try {
    if (kind === 'zip') await unpackZip(archive, target);
    else await unpackTar(archive, kind === 'tar.gz', target);
  } catch (error) {
    options.signal?.throwIfAborted();
    // Errors of the file system (no space, no permission) are not the archive's.
    const isSystemError = typeof (error as { syscall?: unknown }).syscall === 'string';
    if (isSceneError(error) || isSystemError) throw error;
    throw brokenArchive(archive, error instanceof Error ? error.message : String(error), error);
  }
  return { files: target.files, bytes: target.bytes };
}

type Contents = AsyncIterable<Uint8Array>;

/** The folder into which an archive is unpacked. */
class Target {
  files = 0;
  bytes = 0;
  readonly #archive: string;
  readonly #folder: string;
  readonly #options: UnpackOptions;

  constructor(archive: string, folder: string, options: UnpackOptions) {
    this.#archive = archive;
    this.#folder = folder;
    this.#options = options;
  }

  async makeFolder(name: string): Promise<void> {
    await mkdir(archivePath(this.#folder, name, this.#archive), { recursive: true });
  }

  /** @param open called once there is a place for the contents: a stream that nobody reads yet must not fail unheard */
  async write(name: string, open: () => Contents | Promise<Contents>): Promise<void> {
    const path = archivePath(this.#folder, name, this.#archive);
    await mkdir(dirname(path), { recursive: true });
    const { signal, byteLimit = BYTE_LIMIT } = this.#options;
    const count = new Transform({
      transform: (chunk: Uint8Array, _encoding, done): void => {
        this.bytes += chunk.length;
        done(this.bytes > byteLimit ? unsafe(this.#archive, `more than ${byteLimit} bytes`) : null, chunk);
      },
    });
    try {
      await pipeline(
        await open(),
        count,
        createWriteStream(path, { flags: 'wx' }),
        signal === undefined ? {} : { signal },
      );
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'EEXIST') throw error;
      throw unsafe(this.#archive, `"${name}", a file that is there already`);
    }
    this.files++;
    this.#options.onFile?.(this.files, this.bytes);
  }

  refuse(name: string, what: string): never {
    throw unsafe(this.#archive, `a ${what} "${name}"`);
  }
}

async function unpackTar(archive: string, isCompressed: boolean, target: Target): Promise<void> {
  const file = createReadStream(archive, { highWaterMark: 1 << 18 });
  const stream = isCompressed ? file.pipe(createGunzip()) : file;
  // `pipe` does not pass errors on.
  file.on('error', (error) => stream.destroy(error));
  const reader = new TarReader(stream, archive);
  try {
    for (let header = await reader.next(); header !== undefined; header = await reader.next()) {
      if (header.kind === 'folder') await target.makeFolder(header.name);
      else if (header.kind === 'file') await target.write(header.name, () => reader.contents());
      else target.refuse(header.name, header.kind === 'link' ? 'link' : 'device or unknown member');
    }
  } finally {
    file.destroy();
    stream.destroy();
  }
}

async function unpackZip(archive: string, target: Target): Promise<void> {
  const zip = await openPromise(archive, { autoClose: false });
  try {
    for await (const entry of zip.eachEntry()) {
      const type = (entry.externalFileAttributes >>> 16) & TYPE_MASK;
      if (type !== 0 && type !== REGULAR && type !== FOLDER) target.refuse(entry.fileName, 'link or device');
      if (entry.fileName.endsWith('/')) await target.makeFolder(entry.fileName);
      else await target.write(entry.fileName, () => zip.openReadStreamPromise(entry));
    }
  } finally {
    zip.close();
  }
}
