import { closest, SceneError } from '@ssl-scene/errors';
import { DTYPES, type DType, ELEMENT_TYPES, elementCount, isCount, isDType } from './stored-tensor.ts';

/** Longest header that is read, in bytes: the reference library's limit. */
export const MAXIMUM_HEADER_BYTES = 100_000_000;

/** Bytes before the header: its length as a 64-bit little-endian integer. */
export const LENGTH_BYTES = 8;

/** Where a tensor lies in its file. */
export interface TensorInfo {
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** From the start of the file, in bytes. */
  readonly byteOffset: number;
  readonly byteLength: number;
}

export interface Header {
  readonly metadata: Readonly<Record<string, string>>;
  /** In the order of their bytes. */
  readonly tensors: ReadonlyMap<string, TensorInfo>;
}

const METADATA_KEY = '__metadata__';

/** Throws the error that every fault of a file gives; `where` names the file. */
export function refuse(where: string, code: string, expected: string, found: string, cause?: unknown): never {
  throw new SceneError({
    code: `SAFETENSORS_${code}`,
    expected,
    found,
    where,
    fix: 'The file is damaged, cut short or of another format: fetch or write it again.',
    ...(cause === undefined ? {} : { cause }),
  });
}

/**
 * Length of the header, checked before anything is allocated for it.
 *
 * @param prefix the first eight bytes of the file, or all if there are fewer.
 */
export function headerLength(prefix: Uint8Array, fileBytes: number, where: string): number {
  if (prefix.length < LENGTH_BYTES || fileBytes < LENGTH_BYTES) {
    refuse(where, 'TRUNCATED', 'at least 8 bytes', `${fileBytes} bytes`);
  }
  const view = new DataView(prefix.buffer, prefix.byteOffset, LENGTH_BYTES);
  const length = view.getBigUint64(0, true);
  if (length > BigInt(MAXIMUM_HEADER_BYTES)) {
    refuse(where, 'HEADER_TOO_LARGE', `a header of at most ${MAXIMUM_HEADER_BYTES} bytes`, `${length} bytes`);
  }
  if (LENGTH_BYTES + Number(length) > fileBytes) {
    refuse(
      where,
      'TRUNCATED',
      `${LENGTH_BYTES + Number(length)} bytes up to the end of the header`,
      `${fileBytes} bytes`,
    );
  }
  return Number(length);
}

/** Parses and checks a header; the tensors must fill the rest of the file without gaps or overlaps. */
export function parseHeader(bytes: Uint8Array, fileBytes: number, where: string): Header {
  const entries = parseJson(bytes, where);
  const dataStart = LENGTH_BYTES + bytes.length;
  const infos: [string, TensorInfo][] = [];
  let metadata: Readonly<Record<string, string>> = {};
  for (const [name, value] of Object.entries(entries)) {
    if (name === METADATA_KEY) metadata = checkMetadata(value, where);
    else infos.push([name, tensorInfo(value, dataStart, `tensor ${JSON.stringify(name)} of ${where}`)]);
  }
  infos.sort(([, a], [, b]) => a.byteOffset - b.byteOffset || a.byteLength - b.byteLength);
  checkLayout(infos, dataStart, fileBytes, where);
  return { metadata, tensors: new Map(infos) };
}

function parseJson(bytes: Uint8Array, where: string): Record<string, unknown> {
  if (bytes[0] !== '{'.charCodeAt(0)) {
    refuse(where, 'HEADER', "a header that begins with '{'", bytes.length === 0 ? 'none' : `byte ${bytes[0]}`);
  }
  let text: string;
  let entries: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    entries = JSON.parse(text);
  } catch (cause) {
    refuse(where, 'HEADER', 'a header of valid JSON in UTF-8', (cause as Error).message, cause);
  }
  const twice = repeatedKey(text);
  if (twice !== undefined) refuse(where, 'DUPLICATE', 'each name once', `${JSON.stringify(twice)} twice`);
  return entries as Record<string, unknown>;
}

/** The first key that an object of this valid JSON text has twice; `JSON.parse` keeps the last one silently. */
function repeatedKey(json: string): string | undefined {
  const open: Set<string>[] = [];
  for (let position = 0; position < json.length; position++) {
    const character = json[position];
    if (character === '{') open.push(new Set());
    else if (character === '}') open.pop();
    else if (character === '"') {
      const end = stringEnd(json, position);
      if (isKey(json, end)) {
        const key = JSON.parse(json.slice(position, end)) as string;
        const keys = open.at(-1)!;
        if (keys.has(key)) return key;
        keys.add(key);
      }
      position = end - 1;
    }
  }
  return undefined;
}

/** Position after the string that begins at `start`. */
function stringEnd(json: string, start: number): number {
  let position = start + 1;
  while (json[position] !== '"') position += json[position] === '\\' ? 2 : 1;
  return position + 1;
}

function isKey(json: string, afterString: number): boolean {
  let position = afterString;
  while (' \t\r\n'.includes(json[position] ?? '.')) position++;
  return json[position] === ':';
}

function checkMetadata(value: unknown, where: string): Readonly<Record<string, string>> {
  if (value === null) return {};
  if (!isObject(value)) refuse(where, 'METADATA', 'metadata in an object', describe(value));
  for (const [key, item] of Object.entries(value)) {
    if (typeof item !== 'string') {
      refuse(where, 'METADATA', 'metadata of strings', `${describe(item)} under ${JSON.stringify(key)}`);
    }
  }
  return value as Record<string, string>;
}

function tensorInfo(value: unknown, dataStart: number, where: string): TensorInfo {
  if (!isObject(value)) refuse(where, 'HEADER', 'an object with dtype, shape and data_offsets', describe(value));
  const { dtype, shape, data_offsets: offsets } = value;
  if (!isDType(dtype)) {
    const like = typeof dtype === 'string' ? closest(dtype, DTYPES) : undefined;
    const hint = like === undefined ? '' : `; did you mean ${like}?`;
    refuse(where, 'DTYPE', `one of ${DTYPES.join(', ')}`, `${describe(dtype)}${hint}`);
  }
  const count = elementCount(shape);
  if (count === undefined) refuse(where, 'SHAPE', 'a shape of whole numbers', describe(shape));
  const [start, end] = offsetPair(offsets, where);
  const byteLength = count * ELEMENT_TYPES[dtype].bytes;
  if (end - start !== byteLength) {
    refuse(
      where,
      'OFFSETS',
      `${byteLength} bytes for ${dtype} [${(shape as number[]).join(', ')}]`,
      `${end - start} bytes`,
    );
  }
  return { dtype, shape: shape as number[], byteOffset: dataStart + start, byteLength };
}

function offsetPair(offsets: unknown, where: string): readonly [number, number] {
  const [start, end] = Array.isArray(offsets) && offsets.length === 2 ? (offsets as unknown[]) : [];
  if (!isCount(start) || !isCount(end) || start > end) {
    refuse(where, 'OFFSETS', 'two whole numbers, start and end', describe(offsets));
  }
  return [start, end];
}

function checkLayout(infos: [string, TensorInfo][], dataStart: number, fileBytes: number, where: string): void {
  let position = dataStart;
  for (const [name, { byteOffset, byteLength }] of infos) {
    if (byteOffset !== position) {
      const fault = byteOffset > position ? 'a gap' : 'an overlap';
      refuse(
        where,
        'LAYOUT',
        `tensor ${JSON.stringify(name)} at byte ${position}`,
        `${fault}: it starts at ${byteOffset}`,
      );
    }
    position += byteLength;
  }
  if (position !== fileBytes) {
    const code = position > fileBytes ? 'TRUNCATED' : 'LAYOUT';
    refuse(where, code, `${position} bytes in all`, `${fileBytes} bytes`);
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function describe(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
