import { SceneError } from '@ssl-scene/errors';

/** Element types of the tables, by the name that the file gives them. */
const TYPES = { float64: Float64Array, uint32: Uint32Array, int32: Int32Array, uint8: Uint8Array } as const;

type TypeName = keyof typeof TYPES;
type Table = Float64Array | Uint32Array | Int32Array | Uint8Array;

/** The columns of a packed file's index; `Ends` tell where the part of each image ends in the table named. */
export interface PackedTables {
  /** Place of the pixels in the file, in bytes. */
  readonly offsets: Float64Array;
  /** Width and height of the stored pixels, then of the original: four numbers an image, all 0 for a picture that is bad. */
  readonly sizes: Uint32Array;
  /** CRC-32 of the pixels. */
  readonly checksums: Uint32Array;
  readonly labels: Int32Array;
  readonly idEnds: Uint32Array;
  /** UTF-8. */
  readonly ids: Uint8Array;
  readonly boxEnds: Uint32Array;
  /** x0, y0, x1, y1 in stored pixels. */
  readonly boxes: Float64Array;
  readonly boxLabels: Int32Array;
  /** Bit 0: crowd, bit 1: difficult. */
  readonly boxFlags: Uint8Array;
  readonly labelEnds: Uint32Array;
  readonly labelLists: Int32Array;
  /** Place of the compressed mask in the file, in bytes, and its length there; both 0 where there is none. */
  readonly maskOffsets: Float64Array;
  readonly maskLengths: Uint32Array;
}

const TABLE_TYPES: { readonly [Name in keyof PackedTables]: TypeName } = {
  offsets: 'float64',
  sizes: 'uint32',
  checksums: 'uint32',
  labels: 'int32',
  idEnds: 'uint32',
  ids: 'uint8',
  boxEnds: 'uint32',
  boxes: 'float64',
  boxLabels: 'int32',
  boxFlags: 'uint8',
  labelEnds: 'uint32',
  labelLists: 'int32',
  maskOffsets: 'float64',
  maskLengths: 'uint32',
};

const NAMES = Object.keys(TABLE_TYPES) as (keyof PackedTables)[];

/** Tables start at multiples of this, so that arrays of 8-byte elements can look at the file's bytes. */
const ALIGNMENT = 8;

const alignedUp = (value: number): number => Math.ceil(value / ALIGNMENT) * ALIGNMENT;

/**
 * Facts and tables as bytes: the length of the text (8 bytes), the text (JSON: the facts, and length and place of each
 * table), the tables. Numbers are little-endian.
 */
export function joinTables(facts: object, tables: PackedTables): Uint8Array {
  let end = 0;
  const places = Object.fromEntries(
    NAMES.map((name) => {
      const place = end;
      end = alignedUp(end + tables[name].byteLength);
      return [name, [tables[name].length, place]];
    }),
  );
  const text = new TextEncoder().encode(JSON.stringify({ ...facts, tables: places }));
  const start = alignedUp(ALIGNMENT + text.length);
  const bytes = new Uint8Array(start + end);
  new DataView(bytes.buffer).setFloat64(0, text.length, true);
  bytes.set(text, ALIGNMENT);
  for (const name of NAMES) {
    const { buffer, byteOffset, byteLength } = tables[name];
    bytes.set(new Uint8Array(buffer, byteOffset, byteLength), start + places[name]![1]!);
  }
  return bytes;
}

/**
 * The inverse of `joinTables`. The tables look at the memory of `bytes`, which must start at a multiple of 8 of its buffer.
 *
 * @throws SceneError `BROKEN_PACKED_FILE`
 */
export function splitTables(
  bytes: Uint8Array,
  where: string,
): { facts: Record<string, unknown>; tables: PackedTables } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const textLength = bytes.length < ALIGNMENT ? -1 : view.getFloat64(0, true);
  if (!(Number.isInteger(textLength) && textLength >= 0 && ALIGNMENT + textLength <= bytes.length)) {
    throw brokenPackedFile(where, 'an index without its text');
  }
  const { tables: places, ...facts } = parse(bytes.subarray(ALIGNMENT, ALIGNMENT + textLength), where);
  const start = alignedUp(ALIGNMENT + textLength);
  const entries = NAMES.map((name): [string, Table] => {
    const [length, place] = (places as Record<string, [number, number]> | undefined)?.[name] ?? [-1, 0];
    const Type = TYPES[TABLE_TYPES[name]];
    const offset = start + place;
    const fits = length >= 0 && offset % ALIGNMENT === 0 && offset + length * Type.BYTES_PER_ELEMENT <= bytes.length;
    if (!fits) throw brokenPackedFile(where, `an index whose table "${name}" is not inside it`);
    return [name, new Type(bytes.buffer as ArrayBuffer, bytes.byteOffset + offset, length)];
  });
  return { facts, tables: Object.fromEntries(entries) as unknown as PackedTables };
}

function parse(text: Uint8Array, where: string): Record<string, unknown> {
  try {
    return JSON.parse(new TextDecoder().decode(text)) as Record<string, unknown>;
  } catch (cause) {
    throw brokenPackedFile(where, 'an index whose text is not JSON', cause);
  }
}

export function brokenPackedFile(where: string, found: string, cause?: unknown): SceneError {
  return new SceneError({
    code: 'BROKEN_PACKED_FILE',
    expected: 'a whole packed file',
    found,
    where,
    fix: 'Pack the data set again; the originals are as they were.',
    cause,
  });
}
