import { closeSync, fstatSync, openSync } from 'node:fs';
import { statData } from './data-path.ts';
import { datasetClosed } from './dataset-closed.ts';
import { readInto } from './file-bytes.ts';

/** Bytes with random access, in memory or in a part of a file. */
export interface ByteSource {
  readonly length: number;
  /** A copy of `length` bytes from `offset` on; the caller keeps within the source. */
  read(offset: number, length: number): Uint8Array;
  close(): void;
}

export function memoryBytes(bytes: Uint8Array): ByteSource {
  return {
    length: bytes.length,
    read: (offset, length) => bytes.slice(offset, offset + length),
    close: () => undefined,
  };
}

/**
 * @param start place of the first byte in the file; default 0
 * @param length number of bytes; default all that follow
 */
export function fileBytes(path: string, start = 0, length?: number): ByteSource {
  statData(path);
  const descriptor = openSync(path, 'r');
  let isOpen = true;
  return {
    length: length ?? fstatSync(descriptor).size - start,
    read(offset: number, count: number): Uint8Array {
      if (!isOpen) throw datasetClosed(path);
      const bytes = new Uint8Array(count);
      readInto(descriptor, bytes, start + offset, path);
      return bytes;
    },
    close(): void {
      if (isOpen) closeSync(descriptor);
      isOpen = false;
    },
  };
}
