/** Bytes of one page of WebAssembly memory. */
const PAGE = 65536;

const INITIAL_PAGES = 64;

/** Room before the source: small tables that do not move. */
const SOURCE_START = 1024;

/** Where the weights of a Gaussian are. */
export const GAUSSIAN_WEIGHTS = 64;

/** Kernels read and write whole vectors, up to this far past the end of a region. */
const SLACK = 256;

const ALIGNMENT = 64;
const MARGIN = 16;

/** What a view needs, in bytes. */
export interface ViewDemand {
  readonly width: number;
  readonly height: number;
  /** A crop that leaves the image is copied first; 0 where it does not. */
  readonly paddedCrop: number;
  readonly rowPositions: number;
  readonly rowWeights: number;
  readonly columnPositions: number;
  readonly columnWeights: number;
  /** The image between the two passes of resizing. */
  readonly between: number;
}

/** Where the parts of a view are, in bytes from the start of memory. */
export interface ViewLayout {
  readonly width: number;
  readonly height: number;
  readonly paddedCrop: number;
  readonly rowPositions: number;
  readonly rowWeights: number;
  readonly columnPositions: number;
  readonly columnWeights: number;
  readonly between: number;
  /** The resized image, interleaved, rows `resizedStride` bytes apart. */
  readonly resized: number;
  readonly resizedStride: number;
  /** First value of the first row of the red plane, in either of two sets of planes. */
  readonly planes: number;
  readonly otherPlanes: number;
  readonly stride: number;
  readonly planeSize: number;
  /** A plane of 16-bit values. */
  readonly wide: number;
  /** The view as bytes or as single-precision numbers. */
  readonly output: number;
}

/** `value` rounded up to a multiple of `unit`. */
export function roundUp(value: number, unit: number): number {
  return Math.ceil(value / unit) * unit;
}

/** The memory of a WebAssembly engine: an image at a fixed place, and behind it the parts of a view. It grows on demand. */
export class RasterMemory {
  readonly memory = new WebAssembly.Memory({ initial: INITIAL_PAGES });
  readonly source = SOURCE_START;
  bytes: Uint8Array = new Uint8Array(this.memory.buffer);
  shorts: Int16Array = new Int16Array(this.memory.buffer);
  integers: Int32Array = new Int32Array(this.memory.buffer);
  floats: Float32Array = new Float32Array(this.memory.buffer);
  #sourceLength = 0;

  /** Makes room for an image; afterwards nothing is left of the last view. */
  reserveSource(length: number): Uint8Array {
    this.#sourceLength = length;
    this.#reserve(SOURCE_START + length + SLACK);
    return this.bytes.subarray(SOURCE_START, SOURCE_START + length);
  }

  /** Places the parts of a view behind the image. */
  placeView(demand: ViewDemand): ViewLayout {
    const { width, height } = demand;
    const resizedStride = roundUp(width * 3 + 1, MARGIN) + MARGIN;
    const stride = roundUp(width, MARGIN) + 2 * MARGIN;
    const planeSize = roundUp(stride * height, ALIGNMENT);
    let end = SOURCE_START + this.#sourceLength + SLACK;
    const place = (length: number): number => {
      const start = roundUp(end, ALIGNMENT);
      end = start + length + SLACK;
      return start;
    };
    const layout: ViewLayout = {
      width,
      height,
      paddedCrop: place(demand.paddedCrop),
      rowPositions: place(demand.rowPositions),
      rowWeights: place(demand.rowWeights),
      columnPositions: place(demand.columnPositions),
      columnWeights: place(demand.columnWeights),
      between: place(demand.between),
      resized: place(resizedStride * height),
      resizedStride,
      planes: place(MARGIN + 3 * planeSize) + MARGIN,
      otherPlanes: place(MARGIN + 3 * planeSize) + MARGIN,
      stride,
      planeSize,
      wide: place(2 * stride * height),
      output: place(width * height * 12),
    };
    this.#reserve(end);
    return layout;
  }

  #reserve(length: number): void {
    const missing = length - this.memory.buffer.byteLength;
    if (missing > 0) {
      // In large steps, since growing detaches all views of the memory.
      this.memory.grow(Math.ceil(Math.max(missing, this.memory.buffer.byteLength / 2) / PAGE));
      this.bytes = new Uint8Array(this.memory.buffer);
      this.shorts = new Int16Array(this.memory.buffer);
      this.integers = new Int32Array(this.memory.buffer);
      this.floats = new Float32Array(this.memory.buffer);
    }
  }
}
