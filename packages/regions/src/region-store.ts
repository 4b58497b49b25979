import { SceneError } from '@ssl-scene/errors';
import type { Box } from '@ssl-scene/geometry';
import { DoubleBuffer, entryCells } from './double-buffer.ts';

/** Height and width of the maps of a store. */
export interface HeatMapSize {
  readonly height: number;
  readonly width: number;
}

export interface RegionStoreOptions {
  /** Number of images. */
  readonly images: number;
  /** Room for a heat map of this size per image. Default: none. */
  readonly heatMap?: HeatMapSize;
  /** Box of every image before the first refresh, in relative edges. Default: the whole image. */
  readonly initialBox?: Box;
}

/** What a store holds, as plain arrays that a safetensors file can keep. */
export interface RegionRecord {
  /** x0, y0, x1, y1 of each image, relative: (images, 4). */
  readonly boxes: Float32Array;
  /** (images, height, width); absent where the store has none. */
  readonly heatMaps?: Uint8Array;
  readonly heatMapSize?: HeatMapSize;
  readonly active: boolean;
  readonly version: number;
}

const WHOLE: Box = { x0: 0, y0: 0, x1: 1, y1: 1 };

/** Numbers at the head of the shared memory, one 32-bit cell each. */
const CELL = { magic: 0, images: 1, height: 2, width: 3, active: 4, version: 5 } as const;
const HEAD = 8;
const EDGES = 4;
/** "SGN2"; the digit rises with every change of the layout. */
const MAGIC = 0x5347_4e32;
const BYTES = Int32Array.BYTES_PER_ELEMENT;

/**
 * What is known of each image of a data set — the box that holds its object, and its heat map — in memory that worker
 * threads share and read live: one thread writes, any number read, nobody waits.
 *
 * A reader never sees half of an old and half of a new box or map, and where the writer dies half-way, the old one stays
 * (see `DoubleBuffer`). Box and map of an image change one after the other, and a whole refresh is not atomic: while it
 * runs, some images have their new region and some their old one.
 */
export class RegionStore {
  /** The shared memory; pass it to a thread and {@link RegionStore.attach} there. */
  readonly buffer: SharedArrayBuffer;
  readonly images: number;
  readonly heatMapSize: HeatMapSize | undefined;
  readonly #cells: Int32Array;
  readonly #boxes: DoubleBuffer;
  readonly #maps: DoubleBuffer;
  /** One box, as numbers and as their bits. */
  readonly #edges = new Float32Array(EDGES);
  readonly #edgeBits = new Int32Array(this.#edges.buffer);
  /** One map, as bytes and as cells. */
  readonly #mapCells: Int32Array;
  readonly #mapBytes: Uint8Array;

  private constructor(buffer: SharedArrayBuffer) {
    const cells = new Int32Array(buffer);
    this.buffer = buffer;
    this.images = cells[CELL.images]!;
    const [height, width] = [cells[CELL.height]!, cells[CELL.width]!];
    this.heatMapSize = height * width > 0 ? { height, width } : undefined;
    this.#cells = cells;
    this.#boxes = new DoubleBuffer(cells, HEAD, EDGES);
    this.#mapCells = new Int32Array(mapLength(height * width));
    this.#mapBytes = new Uint8Array(this.#mapCells.buffer, 0, height * width);
    this.#maps = new DoubleBuffer(cells, HEAD + this.images * entryCells(EDGES), this.#mapCells.length);
  }

  /** Makes a store in shared memory of its own, not active, every box the initial one. */
  static create({ images, heatMap, initialBox = WHOLE }: RegionStoreOptions): RegionStore {
    checkCount('images', images);
    if (heatMap) {
      checkCount('heatMap.height', heatMap.height);
      checkCount('heatMap.width', heatMap.width);
    }
    const buffer = allocate(BYTES * totalCells(images, heatMap));
    const head = new Int32Array(buffer, 0, HEAD);
    head.set([MAGIC, images, heatMap?.height ?? 0, heatMap?.width ?? 0]);
    const store = new RegionStore(buffer);
    for (let image = 0; image < images; image++) store.setBox(image, initialBox);
    return store;
  }

  /** A new store that holds a record, of the record's size. */
  static fromRecord(record: RegionRecord): RegionStore {
    const { boxes, heatMapSize } = record;
    const store = RegionStore.create({ images: boxes.length / EDGES, ...(heatMapSize && { heatMap: heatMapSize }) });
    store.restore(record);
    return store;
  }

  /** The store in memory that {@link RegionStore.create} made, in this or another thread. */
  static attach(buffer: SharedArrayBuffer): RegionStore {
    if (!isStore(buffer)) {
      throw new SceneError({
        code: 'NOT_A_REGION_STORE',
        expected: 'the buffer of a RegionStore',
        found: `${buffer.byteLength} bytes of something else`,
        where: 'RegionStore.attach',
        fix: 'Pass store.buffer of the store that create() made.',
      });
    }
    return new RegionStore(buffer);
  }

  /** Whether croppers should use the boxes; before the first refresh of a run they should not. Initially false. */
  get active(): boolean {
    return Atomics.load(this.#cells, CELL.active) === 1;
  }

  setActive(active: boolean): void {
    Atomics.store(this.#cells, CELL.active, active ? 1 : 0);
  }

  /** How often {@link completeRefresh} was called. */
  get version(): number {
    return Atomics.load(this.#cells, CELL.version);
  }

  /** Marks the end of a refresh of all images. */
  completeRefresh(): void {
    Atomics.add(this.#cells, CELL.version, 1);
  }

  /** The box of an image in relative edges, each in [0, 1]. */
  box(image: number): Box {
    this.#checkIndex(image);
    this.#boxes.read(image, this.#edgeBits);
    const [x0, y0, x1, y1] = this.#edges;
    return { x0: x0!, y0: y0!, x1: x1!, y1: y1! };
  }

  /** @throws SceneError for a box that is not 0 ≤ x0 ≤ x1 ≤ 1, likewise for y. */
  setBox(image: number, { x0, y0, x1, y1 }: Box): void {
    this.#checkIndex(image);
    if (!(x0 >= 0 && x0 <= x1 && x1 <= 1 && y0 >= 0 && y0 <= y1 && y1 <= 1)) {
      throw new SceneError({
        code: 'BAD_BOX',
        expected: 'relative edges with 0 <= x0 <= x1 <= 1 and 0 <= y0 <= y1 <= 1',
        found: `x ${x0} to ${x1}, y ${y0} to ${y1}`,
        where: `region of image ${image}`,
        fix: 'Divide pixels by width and height, and clip.',
      });
    }
    this.#edges.set([x0, y0, x1, y1]);
    this.#boxes.write(image, this.#edgeBits);
  }

  /** A copy of the heat map of an image, row by row, 0 … 255; all zero before the first refresh. */
  heatMap(image: number): Uint8Array {
    this.#checkMaps();
    this.#checkIndex(image);
    this.#maps.read(image, this.#mapCells);
    return this.#mapBytes.slice();
  }

  /** @param values row by row, 0 … 255, as many as the store's maps have. */
  setHeatMap(image: number, values: Uint8Array): void {
    this.#checkMaps();
    this.#checkIndex(image);
    if (values.length !== this.#mapBytes.length) {
      throw new SceneError({
        code: 'HEAT_MAP_SIZE',
        expected: `${this.#mapBytes.length} values`,
        found: `${values.length}`,
        where: `heat map of image ${image}`,
        fix: 'Make the map in the size that the store was created with.',
      });
    }
    this.#mapBytes.set(values);
    this.#maps.write(image, this.#mapCells);
  }

  /** Everything in arrays of its own, for a checkpoint; its fields can serve as names of tensors. */
  toRecord(): RegionRecord {
    const boxes = new Float32Array(EDGES * this.images);
    for (let image = 0; image < this.images; image++) {
      const { x0, y0, x1, y1 } = this.box(image);
      boxes.set([x0, y0, x1, y1], EDGES * image);
    }
    const maps = this.heatMapSize && { heatMaps: this.#allMaps(), heatMapSize: this.heatMapSize };
    return { boxes, ...maps, active: this.active, version: this.version };
  }

  /** Puts the record of a store of the same shape back, image by image as a refresh would. */
  restore({ boxes, heatMaps, heatMapSize, active, version }: RegionRecord): void {
    const length = this.#mapBytes.length;
    const sizesAgree =
      heatMapSize?.height === this.heatMapSize?.height && heatMapSize?.width === this.heatMapSize?.width;
    if (boxes.length !== EDGES * this.images || (heatMaps?.length ?? 0) !== length * this.images || !sizesAgree) {
      throw new SceneError({
        code: 'REGIONS_MISMATCH',
        expected: `${this.images} boxes and ${describeMaps(this.heatMapSize)}`,
        found: `${boxes.length / EDGES} boxes and ${describeMaps(heatMapSize)} (${heatMaps?.length ?? 0} values)`,
        where: 'RegionStore.restore',
        fix: 'Restore into a store made for the same data set and map size.',
      });
    }
    for (let image = 0; image < this.images; image++) {
      const [x0, y0, x1, y1] = boxes.subarray(EDGES * image, EDGES * (image + 1));
      this.setBox(image, { x0: x0!, y0: y0!, x1: x1!, y1: y1! });
      if (heatMaps) this.setHeatMap(image, heatMaps.subarray(length * image, length * (image + 1)));
    }
    Atomics.store(this.#cells, CELL.version, version);
    this.setActive(active);
  }

  #allMaps(): Uint8Array {
    const maps = new Uint8Array(this.#mapBytes.length * this.images);
    for (let image = 0; image < this.images; image++) maps.set(this.heatMap(image), this.#mapBytes.length * image);
    return maps;
  }

  #checkIndex(image: number): void {
    if (Number.isInteger(image) && image >= 0 && image < this.images) return;
    throw new SceneError({
      code: 'INDEX_OUT_OF_RANGE',
      expected: `an integer from 0 to ${this.images - 1}`,
      found: String(image),
      where: 'region store',
      fix: 'Ask for an image of the data set.',
    });
  }

  #checkMaps(): void {
    if (this.heatMapSize) return;
    throw new SceneError({
      code: 'NO_HEAT_MAPS',
      expected: 'a store with heat maps',
      found: 'one with boxes only',
      where: 'region store',
      fix: 'Create it with the option heatMap.',
    });
  }
}

/** Cells that hold so many bytes. */
function mapLength(bytes: number): number {
  return Math.ceil(bytes / BYTES);
}

function totalCells(images: number, heatMap: HeatMapSize | undefined): number {
  const map = heatMap ? entryCells(mapLength(heatMap.height * heatMap.width)) : 0;
  return HEAD + images * (entryCells(EDGES) + map);
}

function isStore(buffer: SharedArrayBuffer): boolean {
  if (buffer.byteLength < BYTES * HEAD) return false;
  const head = new Int32Array(buffer, 0, HEAD);
  const [height, width] = [head[CELL.height]!, head[CELL.width]!];
  const cells = totalCells(head[CELL.images]!, height * width > 0 ? { height, width } : undefined);
  return head[CELL.magic] === MAGIC && buffer.byteLength === BYTES * cells;
}

function allocate(bytes: number): SharedArrayBuffer {
  try {
    return new SharedArrayBuffer(bytes);
  } catch (cause) {
    throw new SceneError({
      code: 'OUT_OF_MEMORY',
      expected: `${(bytes / 2 ** 20).toFixed(0)} MiB of shared memory`,
      found: cause instanceof Error ? cause.message : String(cause),
      where: 'RegionStore.create',
      fix: 'Use smaller heat maps, or none.',
      cause,
    });
  }
}

function describeMaps(size: HeatMapSize | undefined): string {
  return size === undefined ? 'no heat maps' : `heat maps of ${size.height} × ${size.width}`;
}

function checkCount(name: string, value: number): void {
  if (Number.isInteger(value) && value >= 1 && value < 2 ** 31) return;
  throw new SceneError({
    code: 'BAD_OPTION',
    expected: 'a whole number from 1',
    found: String(value),
    where: `RegionStore.create, ${name}`,
    fix: 'Correct the value.',
  });
}
