import { closeSync, openSync, writeSync } from 'node:fs';
import { SceneError } from '@ssl-scene/errors';
import { LENGTH_BYTES, MAXIMUM_HEADER_BYTES } from './header.ts';
import { DTYPES, ELEMENT_TYPES, elementCount, isDType, type StoredTensor } from './stored-tensor.ts';

/** Tensors by name. */
export type StoredTensors = Readonly<Record<string, StoredTensor>>;

export interface WriteOptions {
  /** Strings to keep beside the tensors, under `__metadata__`. Default none. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/**
 * The bytes of a safetensors file, in pieces: the header, then each tensor's own memory, not a copy of it. Write them
 * one after the other. Tensors of wide types come first, then by name, as the reference library lays them out, so that
 * every tensor is aligned and equal input gives equal bytes.
 *
 * @throws SceneError where a tensor's type is unknown, its values are not of the type's array or not as many as its
 * shape says, or where metadata is not strings.
 */
export function safetensorsChunks(tensors: StoredTensors, options: WriteOptions = {}): Uint8Array[] {
  const entries = Object.entries(tensors);
  for (const [name, tensor] of entries) checkTensor(name, tensor);
  entries.sort(([nameA, a], [nameB, b]) => {
    const width = DTYPES.indexOf(b.dtype) - DTYPES.indexOf(a.dtype);
    return width || Buffer.compare(Buffer.from(nameA), Buffer.from(nameB));
  });
  return [encodeHeader(entries, options.metadata), ...entries.map(([, { data }]) => bytesOf(data))];
}

/** A whole safetensors file in memory; see {@link safetensorsChunks}, which this joins. */
export function encodeSafetensors(tensors: StoredTensors, options: WriteOptions = {}): Uint8Array<ArrayBuffer> {
  const chunks = safetensorsChunks(tensors, options);
  const file = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let position = 0;
  for (const chunk of chunks) {
    file.set(chunk, position);
    position += chunk.length;
  }
  return file;
}

/**
 * Writes a safetensors file without a second copy of the values in memory. Not atomic: a reader may see it half
 * written, and refuses it then.
 *
 * @throws SceneError as {@link safetensorsChunks}, before the file is touched.
 */
export function writeSafetensors(path: string, tensors: StoredTensors, options: WriteOptions = {}): void {
  const chunks = safetensorsChunks(tensors, options);
  const descriptor = openSync(path, 'w');
  try {
    for (const chunk of chunks) writeFully(descriptor, chunk);
  } finally {
    closeSync(descriptor);
  }
}

function writeFully(descriptor: number, bytes: Uint8Array): void {
  let written = 0;
  while (written < bytes.length) {
    // One call writes at most 2 GiB.
    written += writeSync(descriptor, bytes, written, Math.min(bytes.length - written, 2 ** 30));
  }
}

function bytesOf(data: StoredTensor['data']): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

function checkTensor(name: string, { dtype, shape, data }: StoredTensor): void {
  const where = `tensor ${JSON.stringify(name)}`;
  if (name === '__metadata__') {
    refuse('NAME', 'a name other than __metadata__', name, where, 'Rename the tensor; the format reserves that name.');
  }
  if (!isDType(dtype)) {
    refuse('DTYPE', `one of ${DTYPES.join(', ')}`, String(dtype), where, 'Convert the tensor to one of these types.');
  }
  const create = ELEMENT_TYPES[dtype].create as unknown as { readonly name: string };
  if (data?.constructor?.name !== create.name) {
    const found = data?.constructor?.name ?? String(data);
    refuse('ARRAY', `${create.name} for ${dtype}`, found, where, 'Convert the values, for example by `fromFloat32`.');
  }
  const count = elementCount(shape);
  if (count !== data.length) {
    refuse(
      'SHAPE',
      `a shape of ${data.length} elements`,
      `[${shape.join(', ')}]`,
      where,
      'Give the shape of the values.',
    );
  }
}

function encodeHeader(entries: [string, StoredTensor][], metadata: WriteOptions['metadata']): Uint8Array {
  const header = new Map<string, unknown>();
  if (metadata && Object.keys(metadata).length > 0) header.set('__metadata__', checkMetadata(metadata));
  let start = 0;
  for (const [name, { dtype, shape, data }] of entries) {
    const end = start + data.byteLength;
    header.set(name, { dtype, shape, data_offsets: [start, end] });
    start = end;
  }
  // Object keys that look like numbers would be moved to the front, so the object is put together by hand.
  const members = [...header].map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
  const json = new TextEncoder().encode(`{${members.join(',')}}`);
  const length = Math.ceil(json.length / 8) * 8;
  if (length > MAXIMUM_HEADER_BYTES) {
    const limit = `a header of at most ${MAXIMUM_HEADER_BYTES} bytes`;
    refuse('HEADER_TOO_LARGE', limit, `${length} bytes`, 'the names and metadata', 'Use fewer or shorter ones.');
  }
  const bytes = new Uint8Array(LENGTH_BYTES + length).fill(' '.charCodeAt(0));
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(json, LENGTH_BYTES);
  return bytes;
}

function checkMetadata(metadata: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  for (const [key, value] of Object.entries(metadata)) {
    if (typeof value !== 'string') {
      refuse(
        'METADATA',
        'a string',
        typeof value,
        `metadata ${JSON.stringify(key)}`,
        'Convert it with JSON.stringify.',
      );
    }
  }
  return metadata;
}

function refuse(code: string, expected: string, found: string, where: string, fix: string): never {
  throw new SceneError({ code: `SAFETENSORS_${code}`, expected, found, where, fix });
}
