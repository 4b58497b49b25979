import {
  type ChannelValues,
  createRasterEngine,
  type Operation,
  type PixelWindow,
  type RasterEngine,
  type RasterEngineOptions,
} from '@ssl-scene/augmentations';
import type { Pixels } from './batch.ts';

/**
 * Turns images into the pixels of views, all decisions taken: an image is written to `source` once, then its views are rendered
 * from it. Works by WebAssembly where the host has its SIMD instructions, else in TypeScript, with the same bits.
 */
export class ViewEngine {
  readonly #mean: ChannelValues;
  readonly #std: ChannelValues;
  readonly #engine: RasterEngine;

  /** The means and deviations are those of the normalisation, for views in single precision. */
  constructor(mean: ChannelValues, std: ChannelValues, options: RasterEngineOptions = {}) {
    this.#mean = mean;
    this.#std = std;
    this.#engine = createRasterEngine(options);
  }

  /** Memory for the image of the views that follow; use it at once, it may move. */
  source(width: number, height: number): Uint8Array {
    return this.#engine.source(width, height);
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
