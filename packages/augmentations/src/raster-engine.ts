import { SceneError } from '@ssl-scene/errors';
import type { Raster } from '@ssl-scene/geometry';
import type { ChannelValues } from './normalise.ts';
import type { Operation } from './operation.ts';
import type { PassOrder } from './pass-order.ts';
import type { PixelWindow } from './pixel-window.ts';
import { hasWasmSimd } from './raster-kernels.ts';
import type { ResampleFilter } from './resample-filter.ts';
import { TypescriptEngine } from './typescript-engine.ts';
import { WasmEngine } from './wasm-engine.ts';

/** Options of `RasterEngine.cropAndResize`. */
export interface EngineCropOptions {
  /** Default: `bilinear`. */
  readonly filter?: ResampleFilter;
  /** Mirror the view left to right. Default: false. */
  readonly flip?: boolean;
  /** Default: `pillow-13`. */
  readonly passOrder?: PassOrder;
}

/**
 * Makes views of one image after the other without allocating: the image is decoded into `source`, and for each view
 * `cropAndResize`, `apply` and one of the outputs are called. All engines give the same bits. One engine serves one thread.
 */
export interface RasterEngine {
  /** What does the work: WebAssembly with SIMD, or plain TypeScript. */
  readonly kind: 'wasm' | 'typescript';

  /**
   * Memory for the next image, `width * height * 3` bytes of interleaved RGB, to be filled by the caller. Use it before the
   * next call of the engine, which may move it; the pixels stay. Its first contents are arbitrary, and the view is gone.
   *
   * @throws BAD_SIZE
   */
  source(width: number, height: number): Uint8Array;

  /**
   * Makes the view: `crop` of the source, resized. The same as the function `cropAndResize`.
   *
   * @throws NO_SOURCE, BAD_SIZE, BAD_WINDOW, UNKNOWN_FILTER
   */
  cropAndResize(crop: PixelWindow, width: number, height: number, options?: EngineCropOptions): void;

  /**
   * Changes the view. The same as `applyOperations`; a leading horizontal flip costs less as option of `cropAndResize`.
   *
   * @throws NO_VIEW, BAD_VALUE, KERNEL_TOO_LARGE
   */
  apply(operations: readonly Operation[]): void;

  /**
   * The view as network input, (height, width, channel): the same as the function `normalise`.
   *
   * @param out receives it; default: a new array
   * @throws NO_VIEW, BAD_VALUE, BAD_SIZE
   */
  normalise(mean: ChannelValues, std: ChannelValues, out?: Float32Array): Float32Array;

  /**
   * The bytes of the view, interleaved RGB.
   *
   * @param out receives them; default: a new array
   * @throws NO_VIEW, BAD_SIZE
   */
  bytes(out?: Uint8Array): Uint8Array;

  /** A copy of the view. @throws NO_VIEW */
  raster(): Raster;
}

/** Options of `createRasterEngine`. */
export interface RasterEngineOptions {
  /** `auto` takes WebAssembly where the host has its SIMD instructions, else TypeScript. Default: `auto`. */
  readonly kind?: 'auto' | 'wasm' | 'typescript';
}

/**
 * Makes an engine. WebAssembly is some three to ten times faster, with the same results; `engine.kind` says which it is.
 *
 * @throws WASM_UNAVAILABLE where `wasm` is asked for and the host lacks WebAssembly SIMD
 */
export function createRasterEngine(options: RasterEngineOptions = {}): RasterEngine {
  const { kind = 'auto' } = options;
  if (kind === 'typescript') return new TypescriptEngine();
  if (hasWasmSimd()) return new WasmEngine();
  if (kind === 'auto') return new TypescriptEngine();
  throw new SceneError({
    code: 'WASM_UNAVAILABLE',
    expected: 'a host with WebAssembly SIMD',
    found: 'none',
    where: 'createRasterEngine, kind',
    fix: "Ask for 'auto' or 'typescript'; the results are the same.",
  });
}
