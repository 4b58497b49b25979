import { applyOperations, cropAndResize, type Operation, type PixelWindow, Workspace } from '@ssl-scene/augmentations';
import type { Raster } from '@ssl-scene/geometry';

/**
 * What turns an image into the 8-bit pixels of a view, all decisions taken. Engines must agree in every bit, so that the choice
 * of one never changes a result.
 */
export interface ViewEngine {
  /** Cuts `crop` out of `source`, resizes it to the size of `out`, does the operations, and leaves the result in `out`. */
  render(source: Raster, crop: PixelWindow, operations: readonly Operation[], out: Raster): void;
}

/** The engine in plain TypeScript. */
export class PlainEngine implements ViewEngine {
  readonly #workspace = new Workspace();

  render(source: Raster, crop: PixelWindow, operations: readonly Operation[], out: Raster): void {
    const workspace = this.#workspace;
    // A flip right after resizing is free when the resizing does it.
    const flip = operations[0]?.kind === 'horizontal-flip';
    const rest = flip ? operations.slice(1) : operations;
    cropAndResize(source, crop, out.width, out.height, 'bilinear', { flip, out, workspace });
    applyOperations(out, rest, { out, workspace });
  }
}
