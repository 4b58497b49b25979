/** What JavaScript holds the values of each type in. Half precisions and booleans are kept as the bits the file has. */
export interface ArrayOfDType {
  readonly BOOL: Uint8Array;
  readonly U8: Uint8Array;
  readonly I8: Int8Array;
  readonly I16: Int16Array;
  readonly U16: Uint16Array;
  /** IEEE 754 binary16 bit patterns; see `float16ToFloat32`. */
  readonly F16: Uint16Array;
  /** bfloat16 bit patterns; see `bfloat16ToFloat32`. */
  readonly BF16: Uint16Array;
  readonly I32: Int32Array;
  readonly U32: Uint32Array;
  readonly F32: Float32Array;
  readonly F64: Float64Array;
  readonly I64: BigInt64Array;
  readonly U64: BigUint64Array;
}

/** The element types that are read and written, by their names in the file. */
export type DType = keyof ArrayOfDType;

/** A tensor as the file holds it: row-major values of one type. */
export type StoredTensor = {
  readonly [D in DType]: { readonly dtype: D; readonly shape: readonly number[]; readonly data: ArrayOfDType[D] };
}[DType];

type ArrayConstructor<D extends DType> = new (buffer: ArrayBuffer) => ArrayOfDType[D];

interface ElementType<D extends DType> {
  readonly bytes: number;
  readonly create: ArrayConstructor<D>;
}

/** In the order in which the reference library lays tensors out, last ones first, so that all of them are aligned. */
export const ELEMENT_TYPES: { readonly [D in DType]: ElementType<D> } = {
  BOOL: { bytes: 1, create: Uint8Array },
  U8: { bytes: 1, create: Uint8Array },
  I8: { bytes: 1, create: Int8Array },
  I16: { bytes: 2, create: Int16Array },
  U16: { bytes: 2, create: Uint16Array },
  F16: { bytes: 2, create: Uint16Array },
  BF16: { bytes: 2, create: Uint16Array },
  I32: { bytes: 4, create: Int32Array },
  U32: { bytes: 4, create: Uint32Array },
  F32: { bytes: 4, create: Float32Array },
  F64: { bytes: 8, create: Float64Array },
  I64: { bytes: 8, create: BigInt64Array },
  U64: { bytes: 8, create: BigUint64Array },
};

/** The types in the order of {@link ELEMENT_TYPES}. */
export const DTYPES: readonly DType[] = Object.keys(ELEMENT_TYPES) as DType[];

/** Whether `name` is one of the element types that are read and written. */
export function isDType(name: unknown): name is DType {
  return typeof name === 'string' && Object.hasOwn(ELEMENT_TYPES, name);
}

/** Number of elements of a shape, or undefined where it is no shape or too large to count exactly. */
export function elementCount(shape: unknown): number | undefined {
  if (!Array.isArray(shape)) return undefined;
  let count = 1;
  let empty = false;
  for (const length of shape) {
    if (!isCount(length)) return undefined;
    if (length === 0) empty = true;
    else count *= length;
    if (!Number.isSafeInteger(count)) return undefined;
  }
  return empty ? 0 : count;
}

/** Whether `value` is a whole number from 0 to 2^53 - 1. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
