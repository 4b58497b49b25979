/** Walks over two masks' runs side by side, by stretches along which neither changes. */
export class RunWalk {
  /** Pixels of the present stretch, at least 1. */
  length = 0;
  insideA = false;
  insideB = false;
  readonly #a: Uint32Array;
  readonly #b: Uint32Array;
  #nextA = 0;
  #nextB = 0;
  #restA = 0;
  #restB = 0;

  /** Both must cover the same number of pixels. */
  constructor(a: Uint32Array, b: Uint32Array) {
    this.#a = a;
    this.#b = b;
  }

  /** Goes to the next stretch; false at the end. */
  next(): boolean {
    this.#restA -= this.length;
    this.#restB -= this.length;
    // Runs may be empty: the first one often, others where a polygon's edges coincide.
    while (this.#restA === 0 && this.#nextA < this.#a.length) {
      this.insideA = this.#nextA % 2 === 1;
      this.#restA = this.#a[this.#nextA++]!;
    }
    while (this.#restB === 0 && this.#nextB < this.#b.length) {
      this.insideB = this.#nextB % 2 === 1;
      this.#restB = this.#b[this.#nextB++]!;
    }
    this.length = Math.min(this.#restA, this.#restB);
    return this.length > 0;
  }
}
