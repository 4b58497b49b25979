import { buffer } from 'node:stream/consumers';
import { isSceneError } from '@ssl-scene/errors';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { brokenArchive } from './archive-error.ts';
import { type ByteSource, fileBytes, memoryBytes } from './byte-source.ts';

/** Deflate cannot shrink anything by more. */
const HIGHEST_RATIO = 1032;
const STORED = 0;
/** What a typed array of Node 20 can hold. */
const MOST_BYTES = 2 ** 32;

/**
 * The arrays of an `.npz` archive by their names, which are those of its members without `.npy`. Members that are merely stored
 * (`numpy.savez`) are read from the file piece by piece, compressed ones (`numpy.savez_compressed`) are unpacked into memory.
 *
 * @param isWanted told the name of each array
 * @throws SceneError `BROKEN_ARCHIVE`
 */
export async function openNumpyArchive(
  path: string,
  isWanted: (name: string) => boolean,
): Promise<ReadonlyMap<string, ByteSource>> {
  let archive: ZipFile | undefined;
  try {
    archive = await openPromise(path, { autoClose: false });
    const sources = new Map<string, ByteSource>();
    for await (const entry of archive.eachEntry()) {
      const name = entry.fileName.replace(/\.npy$/, '');
      if (entry.fileName === name || !isWanted(name)) continue;
      sources.set(name, await openMember(archive, entry, path));
    }
    return sources;
  } catch (error) {
    // Errors of the file system are not the archive's.
    if (isSceneError(error) || typeof (error as { syscall?: unknown }).syscall === 'string') throw error;
    throw brokenArchive(path, (error as Error).message, error);
  } finally {
    archive?.close();
  }
}

async function openMember(archive: ZipFile, entry: Entry, path: string): Promise<ByteSource> {
  const { uncompressedSize, compressedSize, compressionMethod } = entry;
  if (compressionMethod === STORED) {
    const { fileDataStart } = await archive.readLocalFileHeaderPromise(entry, { minimal: true });
    if (fileDataStart + uncompressedSize <= archive.fileSize) return fileBytes(path, fileDataStart, uncompressedSize);
    throw brokenArchive(path, `a file that ends inside "${entry.fileName}"`);
  }
  if (uncompressedSize > Math.min(MOST_BYTES, compressedSize * HIGHEST_RATIO + 1024)) {
    throw brokenArchive(path, `${uncompressedSize} bytes in "${entry.fileName}", compressed to ${compressedSize}`);
  }
  return memoryBytes(await buffer(await archive.openReadStreamPromise(entry)));
}
