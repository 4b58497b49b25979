import { RASTER_KERNELS } from './generated/raster-kernels.ts';

/** The functions of `assembly/raster-kernels.ts`; arguments are explained there. */
export interface RasterKernels {
  resampleRows(
    source: number,
    sourceStride: number,
    rows: number,
    target: number,
    targetStride: number,
    width: number,
    positions: number,
    weights: number,
    groupsPerPixel: number,
  ): void;
  resampleColumns(
    source: number,
    sourceStride: number,
    bytesPerRow: number,
    target: number,
    targetStride: number,
    height: number,
    positions: number,
    weights: number,
    pairsPerRow: number,
  ): void;
  split(
    source: number,
    sourceStride: number,
    plane: number,
    width: number,
    height: number,
    stride: number,
    planeSize: number,
  ): void;
  join(plane: number, target: number, width: number, height: number, stride: number, planeSize: number): void;
  normalise(
    plane: number,
    target: number,
    width: number,
    height: number,
    stride: number,
    planeSize: number,
    redScale: number,
    greenScale: number,
    blueScale: number,
    redOffset: number,
    greenOffset: number,
    blueOffset: number,
  ): void;
  flipRows(source: number, target: number, width: number, height: number, stride: number, planeSize: number): void;
  blendConstant(
    plane: number,
    width: number,
    height: number,
    stride: number,
    planeSize: number,
    constant: number,
    factor: number,
  ): void;
  lumaSum(plane: number, width: number, height: number, stride: number, planeSize: number): number;
  grayscale(plane: number, width: number, height: number, stride: number, planeSize: number): void;
  saturation(plane: number, width: number, height: number, stride: number, planeSize: number, factor: number): void;
  hue(plane: number, width: number, height: number, stride: number, planeSize: number, offset: number): void;
  solarize(plane: number, width: number, height: number, stride: number, planeSize: number, threshold: number): void;
  posterize(plane: number, width: number, height: number, stride: number, planeSize: number, mask: number): void;
  boxBlurRows(
    source: number,
    target: number,
    width: number,
    height: number,
    stride: number,
    planeSize: number,
    radius: number,
    inner: number,
    edge: number,
  ): void;
  boxBlurColumns(
    source: number,
    target: number,
    width: number,
    height: number,
    stride: number,
    planeSize: number,
    radius: number,
    inner: number,
    edge: number,
  ): void;
  gaussianBlur(
    plane: number,
    between: number,
    width: number,
    height: number,
    stride: number,
    planeSize: number,
    radius: number,
    weights: number,
  ): void;
}

function kernelBytes(): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(RASTER_KERNELS), (character) => character.charCodeAt(0));
}

/** Whether the host runs the kernels: WebAssembly with SIMD instructions. */
export function hasWasmSimd(): boolean {
  return typeof WebAssembly === 'object' && WebAssembly.validate(kernelBytes());
}

/** Compiles the kernels and links them to `memory`. */
export function loadRasterKernels(memory: WebAssembly.Memory): RasterKernels {
  const instance = new WebAssembly.Instance(new WebAssembly.Module(kernelBytes()), { env: { memory } });
  return instance.exports as unknown as RasterKernels;
}
