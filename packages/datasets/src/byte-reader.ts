import { brokenImage } from './image-fault.ts';

/** Little-endian reading that fails with an error of the family instead of running over the end. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #where: string;

  constructor(bytes: Uint8Array, where: string) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#where = where;
  }

  get length(): number {
    return this.#bytes.length;
  }

  uint8(offset: number): number {
    this.#need(offset, 1);
    return this.#view.getUint8(offset);
  }

  uint16(offset: number): number {
    this.#need(offset, 2);
    return this.#view.getUint16(offset, true);
  }

  uint32(offset: number): number {
    this.#need(offset, 4);
    return this.#view.getUint32(offset, true);
  }

  int32(offset: number): number {
    this.#need(offset, 4);
    return this.#view.getInt32(offset, true);
  }

  /** A view, not a copy. */
  slice(offset: number, length: number): Uint8Array {
    this.#need(offset, length);
    return this.#bytes.subarray(offset, offset + length);
  }

  #need(offset: number, length: number): void {
    if (offset >= 0 && length >= 0 && offset + length <= this.#bytes.length) return;
    throw brokenImage(
      this.#where,
      `a file of ${this.#bytes.length} bytes that points to bytes ${offset} … ${offset + length}`,
    );
  }
}
