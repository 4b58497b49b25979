/** Which images were bad, one bit each, in memory that all threads share: those are not read again. */
export class BadImageSet {
  readonly buffer: SharedArrayBuffer;
  readonly #words: Int32Array;

  constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer;
    this.#words = new Int32Array(buffer);
  }

  static create(images: number): BadImageSet {
    return new BadImageSet(new SharedArrayBuffer(4 * Math.ceil(images / 32)));
  }

  has(index: number): boolean {
    return ((Atomics.load(this.#words, index >> 5) >> (index & 31)) & 1) === 1;
  }

  add(index: number): void {
    Atomics.or(this.#words, index >> 5, 1 << (index & 31));
  }
}
