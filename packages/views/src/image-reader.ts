import type { PixelWindow, Size } from '@ssl-scene/augmentations';
import {
  type DatasetSource,
  DECODE_DECISIONS,
  type DecisionCounts,
  type DecodeDecision,
  type DecodeOptions,
  decisionsFor,
  detectFormat,
  type ImageDataset,
  type JpegHeader,
  readJpegHeader,
  readPictureFacts,
} from '@ssl-scene/datasets';
import { SceneError } from '@ssl-scene/errors';
import type { Raster } from '@ssl-scene/geometry';
import { jpegScans } from './jpeg-scans.ts';
import { NativeJpegDecoder } from './native-jpeg.ts';
import type { RasterCache } from './raster-cache.ts';

/** Gives memory for `width * height * 3` bytes of interleaved RGB. */
export type PixelTarget = (width: number, height: number) => Uint8Array;

/** An image whose pixels, or some of them, were written to a target. */
export interface LoadedImage extends Size {
  /** The part of the image that the target got. Where it is more than was wanted, pixels of the surplus may be a little off. */
  readonly window: PixelWindow;
}

/** How often which decoder was used. */
export interface DecodeTally {
  /** Pictures decoded by the native library. */
  native: number;
  /** Pictures that it was not given, or that it refused, and that the data set's own decoder took. */
  others: number;
}

/** Options of `ImageReader`. */
export interface ImageReaderOptions {
  /** Folder of tfjs-node with its native library, for JPEG files. Default: none, the data set decodes. */
  readonly nativeLibrary?: string | undefined;
  /** Decoded images of all threads. Default: none. */
  readonly cache?: RasterCache | undefined;
  /** Counters to add to. Default: nothing is counted. */
  readonly tally?: DecodeTally;
}

/** A window is decoded instead of the whole picture where it has at most this share of its area. */
const LARGEST_WINDOW = 0.75;

/**
 * Decoded beside a wanted window: where colour is stored at half resolution, a pixel at the edge of what is decoded is
 * interpolated without its neighbour.
 */
const WINDOW_MARGIN = 2;

/** Files with more scans take unreasonably long; the data set's decoder has a time limit, the native one has none. */
const MOST_SCANS = 100;

/** Data sets that read straight into the caller's memory, as packed files do. */
type ReadsInto = ImageDataset & { pixelsInto(index: number, target: PixelTarget): void | Promise<void> };

/** Brings images of a data set to memory of the caller's, by the shortest way there is; every way gives the same pixels. */
export class ImageReader {
  readonly #dataset: ImageDataset;
  readonly #cache: RasterCache | undefined;
  readonly #native: NativeJpegDecoder | undefined;
  readonly #decode: readonly DecodeOptions[];
  readonly #tally: DecodeTally;
  /** What the native decoder did; the data set counts for itself. */
  readonly #nativeDecisions = new Map<DecodeDecision, number>();

  /** @throws SceneError `NATIVE_LIBRARY_UNUSABLE` */
  constructor(dataset: ImageDataset, options: ImageReaderOptions = {}) {
    const { nativeLibrary, cache, tally = { native: 0, others: 0 } } = options;
    this.#dataset = dataset;
    this.#cache = cache;
    this.#tally = tally;
    this.#decode = decodeOptionsOf(dataset.source);
    const hasFiles = dataset.encoded !== undefined;
    this.#native = nativeLibrary === undefined || !hasFiles ? undefined : new NativeJpegDecoder(nativeLibrary);
  }

  /**
   * Reads an image.
   *
   * @param windowOf told the image's size, says which part of it is wanted, in case that a part costs less than the whole
   * @throws what the data set throws for a picture that cannot be read
   */
  async read(index: number, target: PixelTarget, windowOf?: (size: Size) => PixelWindow): Promise<LoadedImage> {
    const kept = this.#cache?.get(index);
    if (kept !== undefined) return copyTo(kept, target);
    if (this.#cache === undefined && readsInto(this.#dataset)) return await readInto(this.#dataset, index, target);
    if (this.#native !== undefined) {
      const loaded = await this.#readNative(this.#native, index, target, windowOf);
      if (loaded !== undefined) return loaded;
      this.#tally.others++;
    }
    const raster = await this.#dataset.pixels(index);
    this.#cache?.put(index, raster);
    return copyTo(raster, target);
  }

  /** In how many of the pictures read so far decoding did what. */
  decisions(): DecisionCounts {
    const others = this.#dataset.decisions?.();
    const counts = DECODE_DECISIONS.map((decision) => [
      decision,
      (this.#nativeDecisions.get(decision) ?? 0) + (others?.[decision] ?? 0),
    ]);
    return Object.fromEntries(counts) as DecisionCounts;
  }

  async #readNative(
    native: NativeJpegDecoder,
    index: number,
    target: PixelTarget,
    windowOf: ((size: Size) => PixelWindow) | undefined,
  ): Promise<LoadedImage | undefined> {
    const bytes = await this.#dataset.encoded!(index);
    const size = this.#nativeSize(bytes);
    if (size === undefined) return undefined;
    const whole = wholeOf(size);
    // What is cached must be whole.
    const wanted = this.#cache === undefined ? windowOf?.(size) : undefined;
    const window = wanted === undefined ? whole : worthwhileWindow(wanted, size);
    let data: Uint8Array | undefined;
    const written = native.decode(bytes, isWhole(window, size) ? undefined : window, (width, height) => {
      data = target(width, height);
      return data;
    });
    if (written === undefined || data === undefined) return undefined;
    this.#tally.native++;
    this.#countDecisions(bytes);
    this.#cache?.put(index, { ...written, data });
    return { ...size, window };
  }

  #countDecisions(bytes: Uint8Array): void {
    // Files whose profile would be converted are not decoded natively.
    for (const decision of decisionsFor(readPictureFacts(bytes)!, { colourProfile: 'ignore' })) {
      this.#nativeDecisions.set(decision, (this.#nativeDecisions.get(decision) ?? 0) + 1);
    }
  }

  /**
   * The size of a picture that the native decoder reads exactly as the data set does: an upright grey or colour JPEG within the
   * data set's limits, whose colour profile, if any, is ignored.
   */
  #nativeSize(bytes: Uint8Array): Size | undefined {
    const header = detectFormat(bytes) === 'jpeg' ? readJpegHeader(bytes) : undefined;
    if (header === undefined || !isOrdinary(header)) return undefined;
    if (header.coding === 'progressive' && jpegScans(bytes) > MOST_SCANS) return undefined;
    const { width, height, hasProfile } = header;
    for (const { pixelLimit = 50_000_000, colourProfile } of this.#decode) {
      if (width * height > pixelLimit || (hasProfile && colourProfile === 'convert')) return undefined;
    }
    return width * height === 0 ? undefined : { width, height };
  }
}

/** Whether all decoders read such a file alike: upright, grey or colour, 8 bits, one frame of a method in use. */
function isOrdinary({ orientation, components, bits, coding, frames, hasScan }: JpegHeader): boolean {
  const hasColours = components === 1 || components === 3;
  return orientation === 1 && hasColours && bits === 8 && coding !== 'other' && frames === 1 && hasScan;
}

/** What is decoded for a wanted window: itself with a margin, or the whole where that is not much more. */
function worthwhileWindow(wanted: PixelWindow, size: Size): PixelWindow {
  if (wanted.width * wanted.height > LARGEST_WINDOW * size.width * size.height) return wholeOf(size);
  const x = Math.max(0, wanted.x - WINDOW_MARGIN);
  const y = Math.max(0, wanted.y - WINDOW_MARGIN);
  return {
    x,
    y,
    width: Math.min(size.width, wanted.x + wanted.width + WINDOW_MARGIN) - x,
    height: Math.min(size.height, wanted.y + wanted.height + WINDOW_MARGIN) - y,
  };
}

/** The decoding options of a data set, or of all its parts. */
function decodeOptionsOf(source: DatasetSource): DecodeOptions[] {
  if (source.kind === 'concatenated') return source.sources.flatMap(decodeOptionsOf);
  if (source.kind === 'subset') return decodeOptionsOf(source.of);
  return ['decode' in source ? (source.decode ?? {}) : {}];
}

function readsInto(dataset: ImageDataset): dataset is ReadsInto {
  return 'pixelsInto' in dataset && typeof dataset.pixelsInto === 'function';
}

async function readInto(dataset: ReadsInto, index: number, target: PixelTarget): Promise<LoadedImage> {
  let size: Size = { width: 0, height: 0 };
  await dataset.pixelsInto(index, (width, height) => {
    size = { width, height };
    return target(width, height);
  });
  return { ...size, window: wholeOf(size) };
}

function copyTo({ width, height, data }: Raster, target: PixelTarget): LoadedImage {
  if (data.length !== width * height * 3) throw badRaster(width, height, data.length);
  target(width, height).set(data);
  return { width, height, window: wholeOf({ width, height }) };
}

function isWhole(window: PixelWindow, size: Size): boolean {
  return window.width === size.width && window.height === size.height;
}

function wholeOf({ width, height }: Size): PixelWindow {
  return { x: 0, y: 0, width, height };
}

function badRaster(width: number, height: number, length: number): SceneError {
  return new SceneError({
    code: 'BAD_RASTER',
    expected: 'width * height * 3 bytes of interleaved RGB',
    found: `width ${width}, height ${height}, ${length} bytes`,
    where: 'the pixels of the data set',
    fix: 'Let the data set give 8-bit RGB without alpha.',
  });
}
