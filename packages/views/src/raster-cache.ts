import type { Raster } from '@ssl-scene/geometry';

/** States of an entry. */
const EMPTY = 0;
const CLAIMED = 1;
const READY = 2;

/** Cells of an entry: state, place, width, height. */
const ENTRY_CELLS = 4;
/** The first cell of the directory counts the memory in use. */
const DIRECTORY_START = 1;
/** Memory is given out in units, so that 32-bit cells can name places in large buffers. */
const UNIT = 64;

/** The shared memory of a cache. */
export interface RasterCacheBuffers {
  readonly directory: SharedArrayBuffer;
  readonly pixels: SharedArrayBuffer;
}

/**
 * Decoded images in shared memory, filled by whichever thread decodes one first and read by all. Where the memory is used up,
 * further images are decoded every time. It holds what the data set gave, so that it changes no result.
 */
export class RasterCache {
  readonly buffers: RasterCacheBuffers;
  readonly #cells: Int32Array;
  readonly #units: number;

  constructor(buffers: RasterCacheBuffers) {
    this.buffers = buffers;
    this.#cells = new Int32Array(buffers.directory);
    this.#units = Math.floor(buffers.pixels.byteLength / UNIT);
  }

  /** An empty cache. The system hands out its memory only as it is filled. */
  static create(images: number, bytes: number): RasterCache {
    const directory = new SharedArrayBuffer(4 * (DIRECTORY_START + ENTRY_CELLS * images));
    return new RasterCache({ directory, pixels: new SharedArrayBuffer(Math.floor(bytes / UNIT) * UNIT) });
  }

  /** The image, in memory that must not be written to, or undefined where it is not there (yet). */
  get(index: number): Raster | undefined {
    const entry = DIRECTORY_START + ENTRY_CELLS * index;
    if (Atomics.load(this.#cells, entry) !== READY) return undefined;
    const place = this.#cells[entry + 1]! * UNIT;
    const width = this.#cells[entry + 2]!;
    const height = this.#cells[entry + 3]!;
    return { width, height, data: new Uint8Array(this.buffers.pixels, place, width * height * 3) };
  }

  /** Keeps a copy, unless another thread does so already or the memory is used up. */
  put(index: number, { width, height, data }: Raster): void {
    const entry = DIRECTORY_START + ENTRY_CELLS * index;
    if (Atomics.compareExchange(this.#cells, entry, EMPTY, CLAIMED) !== EMPTY) return;
    const place = this.#reserve(Math.ceil(data.length / UNIT));
    if (place === undefined) {
      Atomics.store(this.#cells, entry, EMPTY);
      return;
    }
    new Uint8Array(this.buffers.pixels, place * UNIT, data.length).set(data);
    this.#cells[entry + 1] = place;
    this.#cells[entry + 2] = width;
    this.#cells[entry + 3] = height;
    Atomics.store(this.#cells, entry, READY);
  }

  /** Takes units of memory, if there are as many; the place of the first. */
  #reserve(units: number): number | undefined {
    for (;;) {
      const used = Atomics.load(this.#cells, 0);
      if (used + units > this.#units) return undefined;
      if (Atomics.compareExchange(this.#cells, 0, used, used + units) === used) return used;
    }
  }
}
