/** Two copies and a count of writes. */
const COPIES = 2;

/** Cells that one entry of `length` cells takes up in a {@link DoubleBuffer}. */
export const entryCells = (length: number): number => 1 + COPIES * length;

/**
 * A table of entries in shared memory, written by one thread and read live by any number of others, without locks. Each
 * entry has two copies and a count of its writes, whose lowest bit says which copy is valid. A write fills the other copy
 * and then raises the count; so readers see the old entry until the moment at which they see the new one, and where the
 * writer stops half-way, its entry stays as it was.
 *
 * A reader that is slower than a whole write finds the count changed and reads again; it never waits for a write that is
 * under way. All accesses are atomic and hence in one order for all threads, on every processor: a copy that is read
 * between two equal counts cannot have been touched meanwhile, for it is written to again only after the next count.
 */
export class DoubleBuffer {
  readonly #cells: Int32Array;
  readonly #start: number;
  readonly #length: number;

  /**
   * @param cells the shared memory
   * @param start place of the first entry
   * @param length cells of an entry
   */
  constructor(cells: Int32Array, start: number, length: number) {
    this.#cells = cells;
    this.#start = start;
    this.#length = length;
  }

  /** Copies an entry to `out`, which has as many cells. */
  read(entry: number, out: Int32Array): void {
    const cells = this.#cells;
    const place = this.#placeOf(entry);
    for (;;) {
      const writes = Atomics.load(cells, place);
      const copy = this.#copyAfter(place, writes);
      for (let cell = 0; cell < out.length; cell++) out[cell] = Atomics.load(cells, copy + cell);
      if (Atomics.load(cells, place) === writes) return;
    }
  }

  /** Replaces an entry by `values`, which has as many cells. */
  write(entry: number, values: Int32Array): void {
    const cells = this.#cells;
    const place = this.#placeOf(entry);
    const writes = (Atomics.load(cells, place) + 1) | 0;
    const copy = this.#copyAfter(place, writes);
    for (let cell = 0; cell < values.length; cell++) Atomics.store(cells, copy + cell, values[cell]!);
    Atomics.store(cells, place, writes);
  }

  #placeOf(entry: number): number {
    return this.#start + entry * entryCells(this.#length);
  }

  #copyAfter(place: number, writes: number): number {
    return place + 1 + (writes & 1) * this.#length;
  }
}
