import { SceneError } from '@ssl-scene/errors';
import type { ByteSource } from './byte-source.ts';

/** Numbers of an array, converted to a type of JavaScript; 64-bit integers become doubles. */
export type NumpyValues =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array;

/** An array of an `.npy` file, read item by item. */
export interface NumpyArray {
  /** Kind and bytes of an element, for example `u1` or `f4`; `b1` is true or false. */
  readonly type: string;
  /** The first dimension counts the items. */
  readonly shape: readonly number[];
  /** Item `index`, its elements row-major. */
  item(index: number): NumpyValues;
  /** All elements, row-major. */
  values(): NumpyValues;
  close(): void;
}

const MAGIC = '\x93NUMPY';
const LONGEST_HEADER = 65_536;

const TYPES: Readonly<Record<string, (bytes: Uint8Array) => NumpyValues>> = {
  b1: (bytes) => bytes,
  u1: (bytes) => bytes,
  i1: ({ buffer }) => new Int8Array(buffer),
  u2: ({ buffer }) => new Uint16Array(buffer),
  i2: ({ buffer }) => new Int16Array(buffer),
  u4: ({ buffer }) => new Uint32Array(buffer),
  i4: ({ buffer }) => new Int32Array(buffer),
  u8: ({ buffer }) => Float64Array.from(new BigUint64Array(buffer), Number),
  i8: ({ buffer }) => Float64Array.from(new BigInt64Array(buffer), Number),
  f4: ({ buffer }) => new Float32Array(buffer),
  f8: ({ buffer }) => new Float64Array(buffer),
};

interface Header {
  readonly type: string;
  readonly isBigEndian: boolean;
  readonly isFortran: boolean;
  readonly shape: readonly number[];
  /** Place of the first element. */
  readonly start: number;
}

/**
 * Reads the header of an `.npy` file (versions 1 to 3). Arrays of Python objects, which would have to be unpickled, are refused.
 *
 * @throws SceneError `BAD_NUMPY_FILE`
 */
export function readNumpyArray(source: ByteSource, where: string): NumpyArray {
  const header = readHeader(source, where);
  const elementBytes = Number(header.type.slice(1));
  const elements = header.shape.reduce((product, size) => product * size, 1);
  if (header.start + elements * elementBytes !== source.length) {
    throw badNumpy(where, `${elements * elementBytes} bytes of elements`, String(source.length - header.start));
  }
  const [items = 1] = header.shape;
  const itemElements = items === 0 ? 0 : elements / items;
  const read = (first: number, count: number): NumpyValues => {
    const bytes = source.read(header.start + first * elementBytes, count * elementBytes);
    return TYPES[header.type]!(header.isBigEndian ? swapped(bytes, elementBytes) : bytes);
  };
  const isContiguous = !header.isFortran || header.shape.length < 2;
  let wholeArray: NumpyValues | undefined;
  const gathered = (index: number): NumpyValues => {
    wholeArray ??= read(0, elements);
    return gatherItem(wholeArray, index, header.shape);
  };
  return {
    type: header.type,
    shape: header.shape,
    item: (index) => (isContiguous ? read(index * itemElements, itemElements) : gathered(index)),
    values() {
      if (isContiguous) return read(0, elements);
      throw badNumpy(where, 'an array of one dimension, or in C order', 'Fortran order');
    },
    close: () => source.close(),
  };
}

function readHeader(source: ByteSource, where: string): Header {
  const beginning = source.read(0, Math.min(12, source.length));
  const view = new DataView(beginning.buffer, beginning.byteOffset, beginning.byteLength);
  const magic = String.fromCharCode(...beginning.subarray(0, 6));
  if (magic !== MAGIC || beginning.length < 12) throw badNumpy(where, 'an .npy file', 'another signature');
  const version = beginning[6]!;
  if (version < 1 || version > 3) throw badNumpy(where, 'version 1, 2 or 3', String(version));
  const textStart = version === 1 ? 10 : 12;
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  const start = textStart + length;
  if (length > LONGEST_HEADER || start > source.length) throw badNumpy(where, 'a header', `one of ${length} bytes`);
  const text = new TextDecoder('latin1').decode(source.read(textStart, length));
  return { ...parseHeader(text, where), start };
}

/** `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }` */
function parseHeader(text: string, where: string): Omit<Header, 'start'> {
  const descr = /'descr':\s*'([<>|=])([a-zA-Z]\d{1,2})'/.exec(text);
  const order = /'fortran_order':\s*(True|False)/.exec(text);
  const shape = /'shape':\s*\(([\d,\sL]*)\)/.exec(text);
  if (descr === null || order === null || shape === null || TYPES[descr[2]!] === undefined) {
    throw badNumpy(where, `an array of ${Object.keys(TYPES).join(', ')}`, text.trim().slice(0, 120));
  }
  const sizes = shape[1]!.split(',').flatMap((size) => (size.trim() === '' ? [] : [Number.parseInt(size, 10)]));
  const elements = sizes.reduce((product, size) => product * size, 1);
  if (sizes.length === 0 || !Number.isSafeInteger(elements)) {
    throw badNumpy(where, 'an array of one dimension or more', `the shape (${shape[1]})`);
  }
  return { type: descr[2]!, isBigEndian: descr[1] === '>', isFortran: order[1] === 'True', shape: sizes };
}

function swapped(bytes: Uint8Array, elementBytes: number): Uint8Array {
  if (elementBytes === 1) return bytes;
  for (let at = 0; at < bytes.length; at += elementBytes) bytes.subarray(at, at + elementBytes).reverse();
  return bytes;
}

/** An item of an array in Fortran order, where the first dimension varies fastest. */
function gatherItem(values: NumpyValues, index: number, shape: readonly number[]): NumpyValues {
  const [items = 0, ...sizes] = shape;
  const strides: number[] = [];
  let stride = items;
  for (const size of sizes) {
    strides.push(stride);
    stride *= size;
  }
  const item = values.slice(0, stride / items);
  const position = sizes.map(() => 0);
  for (let i = 0; i < item.length; i++) {
    item[i] = values[position.reduce((offset, step, axis) => offset + step * strides[axis]!, index)]!;
    for (let axis = sizes.length - 1; axis >= 0 && ++position[axis]! === sizes[axis]; axis--) position[axis] = 0;
  }
  return item;
}

export function badNumpy(where: string, expected: string, found: string): SceneError {
  return new SceneError({
    code: 'BAD_NUMPY_FILE',
    expected,
    found,
    where,
    fix: 'Save the array again with numpy.save or numpy.savez, with a plain number type.',
  });
}
