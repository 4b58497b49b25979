import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { closest, SceneError } from '@ssl-scene/errors';
import { headerLength, LENGTH_BYTES, parseHeader, refuse, type TensorInfo } from './header.ts';
import { ELEMENT_TYPES, type StoredTensor } from './stored-tensor.ts';

/** A safetensors file whose header has been read and checked. Tensors are read when asked for. */
export interface SafetensorsReader {
  /** What is known of each tensor, by name, in the order of their bytes. */
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  /** The strings under `__metadata__`; empty where there are none. */
  readonly metadata: Readonly<Record<string, string>>;
  /**
   * The tensor of that name, in memory of its own.
   *
   * @throws SceneError with a suggestion where there is none.
   */
  read(name: string): StoredTensor;
  /** All tensors by name. Prefer `read` where only some are needed. */
  readAll(): Record<string, StoredTensor>;
  /** Closes the file; nothing can be read afterwards. Without effect on bytes in memory. */
  close(): void;
}

/** Random access to the bytes of a file or of memory. */
interface ByteSource {
  readonly name: string;
  readonly size: number;
  /** A copy of `length` bytes from `offset`; fewer where the source ends. */
  bytes(offset: number, length: number): Uint8Array<ArrayBuffer>;
  close(): void;
}

/**
 * Reads a safetensors file that is in memory.
 *
 * @throws SceneError where anything about it is not as the format demands: header longer than 100 MB or than the file,
 * no JSON object, unknown element type, a name twice, offsets that leave gaps, overlap, leave the file or do not fit
 * the shape, metadata other than strings.
 */
export function parseSafetensors(bytes: Uint8Array): SafetensorsReader {
  return createReader({
    name: 'bytes in memory',
    size: bytes.length,
    bytes: (offset, length) => Uint8Array.from(bytes.subarray(offset, offset + length)),
    close: () => undefined,
  });
}

/**
 * Opens a safetensors file; only its header is read. Call `close` when done.
 *
 * @throws SceneError as {@link parseSafetensors}, and where the file cannot be opened.
 */
export function openSafetensors(path: string): SafetensorsReader {
  const source = openFile(path);
  try {
    return createReader(source);
  } catch (error) {
    source.close();
    throw error;
  }
}

function openFile(path: string): ByteSource {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, 'r');
  } catch (cause) {
    throw new SceneError({
      code: 'SAFETENSORS_OPEN',
      expected: 'a readable file',
      found: (cause as Error).message,
      where: path,
      fix: 'Check the path and its permissions.',
      cause,
    });
  }
  return {
    name: path,
    size: fstatSync(descriptor).size,
    bytes: (offset, length) => readFully(descriptor, path, offset, length),
    close() {
      if (descriptor !== undefined) closeSync(descriptor);
      descriptor = undefined;
    },
  };
}

function readFully(
  descriptor: number | undefined,
  path: string,
  offset: number,
  length: number,
): Uint8Array<ArrayBuffer> {
  if (descriptor === undefined) {
    throw new SceneError({
      code: 'SAFETENSORS_CLOSED',
      expected: 'an open file',
      found: 'a closed one',
      where: path,
      fix: 'Read before calling close.',
    });
  }
  const bytes = new Uint8Array(length);
  let filled = 0;
  while (filled < length) {
    // One call reads at most 2 GiB.
    const count = readSync(descriptor, bytes, filled, Math.min(length - filled, 2 ** 30), offset + filled);
    if (count === 0) return bytes.subarray(0, filled);
    filled += count;
  }
  return bytes;
}

function createReader(source: ByteSource): SafetensorsReader {
  const prefix = source.bytes(0, Math.min(LENGTH_BYTES, source.size));
  const length = headerLength(prefix, source.size, source.name);
  const { tensors, metadata } = parseHeader(source.bytes(LENGTH_BYTES, length), source.size, source.name);
  const read = (name: string): StoredTensor => {
    const info = tensors.get(name);
    if (!info) return unknownTensor(name, tensors.keys(), source.name);
    return readTensor(source, name, info);
  };
  return {
    tensors,
    metadata,
    read,
    readAll: () => Object.fromEntries([...tensors.keys()].map((name) => [name, read(name)])),
    close: () => source.close(),
  };
}

function readTensor(source: ByteSource, name: string, info: TensorInfo): StoredTensor {
  const { dtype, shape, byteOffset, byteLength } = info;
  const bytes = source.bytes(byteOffset, byteLength);
  if (bytes.length !== byteLength) {
    refuse(source.name, 'TRUNCATED', `${byteLength} bytes of ${JSON.stringify(name)}`, `${bytes.length} bytes`);
  }
  return { dtype, shape, data: new ELEMENT_TYPES[dtype].create(bytes.buffer) } as StoredTensor;
}

function unknownTensor(name: string, names: Iterable<string>, where: string): never {
  const like = closest(name, names);
  throw new SceneError({
    code: 'SAFETENSORS_NAME',
    expected: 'the name of a tensor in the file',
    found: JSON.stringify(name),
    where,
    fix: like === undefined ? 'List the names with `tensors.keys()`.' : `Did you mean ${JSON.stringify(like)}?`,
  });
}
