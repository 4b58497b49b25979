import { closeSync, fstatSync, openSync } from 'node:fs';
import { brokenArchive } from './archive-error.ts';
import { readInto } from './file-bytes.ts';
import { metaBytes, paddedSize, parseTarHeader, TAR_BLOCK, TarExtensions } from './tar-header.ts';

/** A file in a tar archive. */
export interface TarMember {
  readonly name: string;
  /** Place of its contents in the archive, in bytes. */
  readonly offset: number;
  readonly size: number;
}

/**
 * Finds the files of an uncompressed tar archive by their headers, without reading their contents; folders, links and others
 * are passed over.
 *
 * @throws SceneError `BROKEN_ARCHIVE` where it is cut or compressed
 */
export function readTarIndex(path: string): TarMember[] {
  const descriptor = openSync(path, 'r');
  try {
    return scan(descriptor, fstatSync(descriptor).size, path);
  } finally {
    closeSync(descriptor);
  }
}

function scan(descriptor: number, fileBytes: number, path: string): TarMember[] {
  const members: TarMember[] = [];
  const extensions = new TarExtensions();
  const block = new Uint8Array(TAR_BLOCK);
  let at = 0;
  while (at + TAR_BLOCK <= fileBytes) {
    readInto(descriptor, block, at, path);
    if (at === 0) refuseCompressed(block, path);
    const stored = parseTarHeader(block, `${path}, byte ${at}`);
    if (stored === undefined) return members;
    at += TAR_BLOCK;
    const header = stored.kind === 'meta' ? stored : extensions.complete(stored);
    if (at + header.size > fileBytes) throw brokenArchive(path, `a file that ends inside "${header.name}"`);
    if (header.kind === 'meta') {
      const contents = new Uint8Array(metaBytes(header, path));
      readInto(descriptor, contents, at, path);
      extensions.read(header, contents, path);
    } else if (header.kind === 'file') {
      members.push({ name: header.name, offset: at, size: header.size });
    }
    at += paddedSize(header.size);
  }
  if (at !== fileBytes) throw brokenArchive(path, 'a file that ends inside a block');
  // Writers that are cut off between two members leave no end mark; what is there is whole.
  return members;
}

function refuseCompressed(block: Uint8Array, path: string): void {
  const isGzip = block[0] === 0x1f && block[1] === 0x8b;
  const isZstd = block[0] === 0x28 && block[1] === 0xb5 && block[2] === 0x2f && block[3] === 0xfd;
  if (isGzip || isZstd) {
    throw brokenArchive(path, `a ${isGzip ? 'gzip' : 'zstd'} file, which has no random access: decompress it first`);
  }
}
