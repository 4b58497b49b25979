import { SceneError } from '@ssl-scene/errors';
import type { Box } from '@ssl-scene/geometry';

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
/** Per image: the number of its writes, then the bits of its four edges. */
const RECORD = 5;
const MAGIC = 0x5347_4e31;

/**
 * What is known of each image of a data set — the box that holds its object, and its heat map — in memory that worker
 * threads share and read live: one thread writes, any number read.
 *
 * A reader never sees half of an old and half of a new box: every image counts its writes, the count is odd while one is
 * under way, and a reader that finds it odd or changed reads again. A whole refresh is not atomic: while it runs, some
 * images have their new region and some their old one.
 */
export class RegionStore {
  /** The shared memory; pass it to a thread and {@link RegionStore.attach} there. */
  readonly buffer: SharedArrayBuffer;
  readonly images: number;
  readonly heatMapSize: HeatMapSize | undefined;
  readonly #cells: Int32Array;
  readonly #maps: Uint8Array;
  /** For turning numbers into their bits and back. */
  readonly #edges = new Float32Array(4);
  readonly #bits = new Int32Array(this.#edges.buffer);

  private constructor(buffer: SharedArrayBuffer) {
    const head = new Int32Array(buffer, 0, HEAD);
    this.buffer = buffer;
    this.images = head[CELL.images]!;
    const [height, width] = [head[CELL.height]!, head[CELL.width]!];
    this.heatMapSize = height * width > 0 ? { height, width } : undefined;
    const cells = HEAD + RECORD * this.images;
    this.#cells = new Int32Array(buffer, 0, cells);
    this.#maps = new Uint8Array(buffer, 4 * cells, this.images * height * width);
  }

  /** Makes a store in shared memory of its own, not active, every box the initial one. */
  static create({ images, heatMap, initialBox = WHOLE }: RegionStoreOptions): RegionStore {
    checkCount('images', images, 1);
    if (heatMap) {
      checkCount('heatMap.height', heatMap.height, 1);
      checkCount('heatMap.width', heatMap.width, 1);
    }
    const mapBytes = heatMap ? images * heatMap.height * heatMap.width : 0;
    const buffer = new SharedArrayBuffer(4 * (HEAD + RECORD * images) + mapBytes);
    const head = new Int32Array(buffer, 0, HEAD);
    head.set([MAGIC, images, heatMap?.height ?? 0, heatMap?.width ?? 0]);
    const store = new RegionStore(buffer);
    for (let image = 0; image < images; image++) store.setBox(image, initialBox);
    Atomics.store(store.#cells, CELL.version, 0);
    return store;
  }

  /** The store in memory that {@link RegionStore.create} made, in this or another thread. */
  static attach(buffer: SharedArrayBuffer): RegionStore {
    const isStore = buffer.byteLength >= 4 * HEAD && new Int32Array(buffer, 0, 1)[0] === MAGIC;
    if (!isStore) {
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
    const place = this.#placeOf(image);
    for (;;) {
      const before = Atomics.load(this.#cells, place);
      for (let edge = 0; edge < 4; edge++) this.#bits[edge] = Atomics.load(this.#cells, place + 1 + edge);
      if (before % 2 === 0 && Atomics.load(this.#cells, place) === before) {
        const [x0, y0, x1, y1] = this.#edges;
        return { x0: x0!, y0: y0!, x1: x1!, y1: y1! };
      }
    }
  }

  /** @throws SceneError for a box that is not 0 ≤ x0 ≤ x1 ≤ 1, likewise for y. */
  setBox(image: number, { x0, y0, x1, y1 }: Box): void {
    const place = this.#placeOf(image);
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
    Atomics.add(this.#cells, place, 1);
    for (let edge = 0; edge < 4; edge++) Atomics.store(this.#cells, place + 1 + edge, this.#bits[edge]!);
    Atomics.add(this.#cells, place, 1);
  }

  /** A copy of the heat map of an image, row by row, 0 … 255; all zero before the first refresh. */
  heatMap(image: number): Uint8Array {
    const place = this.#placeOf(image);
    for (;;) {
      const before = Atomics.load(this.#cells, place);
      const copy = this.#mapOf(image).slice();
      if (before % 2 === 0 && Atomics.load(this.#cells, place) === before) return copy;
    }
  }

  /** @param values row by row, 0 … 255, as many as the store's maps have. */
  setHeatMap(image: number, values: Uint8Array): void {
    const place = this.#placeOf(image);
    const map = this.#mapOf(image);
    if (values.length !== map.length) {
      throw new SceneError({
        code: 'HEAT_MAP_SIZE',
        expected: `${map.length} values`,
        found: `${values.length}`,
        where: `heat map of image ${image}`,
        fix: 'Make the map in the size that the store was created with.',
      });
    }
    Atomics.add(this.#cells, place, 1);
    map.set(values);
    Atomics.add(this.#cells, place, 1);
  }

  /** Everything in arrays of its own, for a checkpoint. */
  toRecord(): RegionRecord {
    const boxes = new Float32Array(4 * this.images);
    for (let image = 0; image < this.images; image++) {
      const { x0, y0, x1, y1 } = this.box(image);
      boxes.set([x0, y0, x1, y1], 4 * image);
    }
    const maps = this.heatMapSize && { heatMaps: this.#maps.slice(), heatMapSize: this.heatMapSize };
    return { boxes, ...maps, active: this.active, version: this.version };
  }

  /** Puts a record of a store of the same shape back. */
  restore({ boxes, heatMaps, active, version }: RegionRecord): void {
    if (boxes.length !== 4 * this.images || (heatMaps?.length ?? 0) !== this.#maps.length) {
      throw new SceneError({
        code: 'REGIONS_MISMATCH',
        expected: `${this.images} boxes and ${this.#maps.length} values of heat maps`,
        found: `${boxes.length / 4} boxes and ${heatMaps?.length ?? 0} values`,
        where: 'RegionStore.restore',
        fix: 'Restore into a store made for the same data set and map size.',
      });
    }
    for (let image = 0; image < this.images; image++) {
      const [x0, y0, x1, y1] = boxes.subarray(4 * image, 4 * image + 4);
      this.setBox(image, { x0: x0!, y0: y0!, x1: x1!, y1: y1! });
    }
    if (heatMaps) this.#maps.set(heatMaps);
    Atomics.store(this.#cells, CELL.version, version);
    this.setActive(active);
  }

  #placeOf(image: number): number {
    if (Number.isInteger(image) && image >= 0 && image < this.images) return HEAD + RECORD * image;
    throw new SceneError({
      code: 'INDEX_OUT_OF_RANGE',
      expected: `an integer from 0 to ${this.images - 1}`,
      found: String(image),
      where: 'region store',
      fix: 'Ask for an image of the data set.',
    });
  }

  #mapOf(image: number): Uint8Array {
    if (!this.heatMapSize) {
      throw new SceneError({
        code: 'NO_HEAT_MAPS',
        expected: 'a store with heat maps',
        found: 'one with boxes only',
        where: 'region store',
        fix: 'Create it with the option heatMap.',
      });
    }
    const size = this.heatMapSize.height * this.heatMapSize.width;
    return this.#maps.subarray(image * size, (image + 1) * size);
  }
}

function checkCount(name: string, value: number, low: number): void {
  if (Number.isInteger(value) && value >= low) return;
  throw new SceneError({
    code: 'BAD_OPTION',
    expected: `a whole number from ${low}`,
    found: String(value),
    where: `RegionStore.create, ${name}`,
    fix: 'Correct the value.',
  });
}
