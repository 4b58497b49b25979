import {
  type ChannelValues,
  createRasterEngine,
  type Operation,
  type PixelWindow,
  type RasterEngine,
} from '@ssl-scene/augmentations';
import { SceneError } from '@ssl-scene/errors';
import type { Raster } from '@ssl-scene/geometry';
import type { Pixels } from './batch.ts';

/**
 * Turns images into the pixels of views, all decisions taken: an image is loaded once, then its views are rendered from it.
 * Works by WebAssembly where the host has its SIMD instructions, else in TypeScript, with the same bits.
 */
export class ViewEngine {
  readonly #mean: ChannelValues;
  readonly #std: ChannelValues;
  readonly #engine: RasterEngine = createRasterEngine();

  /** The means and deviations are those of the normalisation, for views in single precision. */
  constructor(mean: ChannelValues, std: ChannelValues) {
    this.#mean = mean;
    this.#std = std;
  }

  /** Takes a copy of the image of the views that follow. Error where its size and its bytes disagree. */
  load({ width, height, data }: Raster): void {
    if (data.length !== width * height * 3) throw badRaster(width, height, data.length);
    this.#engine.source(width, height).set(data);
  }

  /**
   * Cuts `crop` out of the image, resizes it to `size` squared, does the operations, and writes the result to `out`: normalised
   * where that is in single precision, else as bytes.
   */
  render(crop: PixelWindow, operations: readonly Operation[], size: number, out: Pixels): void {
    // A flip right after resizing is free when the resizing does it.
    const flip = operations[0]?.kind === 'horizontal-flip';
    this.#engine.cropAndResize(crop, size, size, { flip });
    this.#engine.apply(flip ? operations.slice(1) : operations);
    if (out instanceof Float32Array) this.#engine.normalise(this.#mean, this.#std, out);
    else this.#engine.bytes(out);
  }
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
