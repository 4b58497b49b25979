import type { Raster } from '@ssl-scene/geometry';
import { boxWeights } from './box-blur.ts';
import { meanLevel } from './contrast.ts';
import { noSource, noView } from './engine-check.ts';
import { checkReach, defaultKernelSize } from './gaussian-blur.ts';
import { fixedGaussianHalf } from './gaussian-kernel.ts';
import { hueOffset } from './hue.ts';
import { type ChannelValues, channelScale, checkOutputLength } from './normalise.ts';
import { checkInteger, checkNumber } from './number-check.ts';
import { applyOperations, type Operation } from './operation.ts';
import { type PackedTable, packForColumns, packForRows } from './packed-table.ts';
import { isVerticalFirst } from './pass-order.ts';
import { copyWindow, isInside, type PixelWindow } from './pixel-window.ts';
import { checkSize } from './raster-check.ts';
import type { EngineCropOptions, RasterEngine } from './raster-engine.ts';
import { loadRasterKernels, type RasterKernels } from './raster-kernels.ts';
import { GAUSSIAN_WEIGHTS, RasterMemory, roundUp, type ViewLayout } from './raster-memory.ts';
import type { ResampleFilter } from './resample-filter.ts';
import { resampleTable } from './resample-table.ts';
import { Workspace } from './workspace.ts';

/** Packed tables are forgotten when they take more than this many bytes. */
const TABLE_BYTES_KEPT = 2 ** 23;

/** The widest Gaussian and box that the kernels' 16 spare values at the ends of a row allow. */
const LONGEST_GAUSSIAN_RADIUS = 16;
const LONGEST_BOX_RADIUS = 14;

/** A row must be longer than the 16 values that are mirrored at its ends. */
const SHORTEST_GAUSSIAN_ROW = 17;

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Interleaved pixels in the engine's memory. */
interface Pixels {
  readonly start: number;
  readonly stride: number;
}

/** The kernels of `assembly/raster-kernels.ts` behind the interface of an engine; what they do not do, TypeScript does. */
export class WasmEngine implements RasterEngine {
  readonly kind = 'wasm';
  readonly #memory = new RasterMemory();
  readonly #kernels: RasterKernels = loadRasterKernels(this.#memory.memory);
  readonly #workspace = new Workspace();
  readonly #tables = new Map<string, PackedTable>();
  #tableBytes = 0;
  #source: Size | undefined;
  #view: ViewLayout | undefined;
  /** The set of planes that holds the view; the other one is free. */
  #planes = 0;
  #otherPlanes = 0;

  source(width: number, height: number): Uint8Array {
    checkSize(width, height, 'RasterEngine.source');
    this.#source = { width, height };
    this.#view = undefined;
    return this.#memory.reserveSource(width * height * 3);
  }

  cropAndResize(crop: PixelWindow, width: number, height: number, options: EngineCropOptions = {}): void {
    if (this.#source === undefined) throw noSource();
    checkSize(width, height, 'RasterEngine.cropAndResize');
    checkSize(crop.width, crop.height, 'RasterEngine.cropAndResize, crop');
    const { filter = 'bilinear', flip = false, passOrder = 'pillow-13' } = options;
    this.#view = undefined;
    const rows = this.#rowTable(crop.width, width, filter, flip);
    const columns = this.#columnTable(crop.height, height, filter);
    const inside = isInside(crop, this.#source.width, this.#source.height);
    const verticalFirst = isVerticalFirst(passOrder, crop.width, crop.height, width, height);
    const betweenStride = roundUp((verticalFirst ? crop.width : width) * 3 + 1, 16) + 16;
    const view = this.#memory.placeView({
      width,
      height,
      paddedCrop: inside ? 0 : crop.width * crop.height * 3,
      rowPositions: rows.positions.byteLength,
      rowWeights: rows.weights.byteLength,
      columnPositions: columns.positions.byteLength,
      columnWeights: columns.weights.byteLength,
      // The vertical pass reads pairs of rows, and so perhaps one more than there are.
      between: betweenStride * ((verticalFirst ? height : columns.count) + 1),
    });
    this.#writeTables(view, rows, columns);
    const pixels = inside ? this.#pixelsInside(crop) : this.#paddedPixels(crop, view);
    if (verticalFirst) this.#resampleColumnsFirst(pixels, crop, rows, columns, betweenStride, view);
    else this.#resampleRowsFirst(pixels, rows, columns, betweenStride, view);
    this.#view = view;
    this.#planes = view.planes;
    this.#otherPlanes = view.otherPlanes;
    this.#split(view.resized, view.resizedStride, view);
  }

  apply(operations: readonly Operation[]): void {
    const view = this.#requiredView('apply');
    for (const operation of operations) this.#applyOperation(operation, view);
  }

  normalise(mean: ChannelValues, std: ChannelValues, out?: Float32Array): Float32Array {
    const { width, height, stride, planeSize, output } = this.#requiredView('normalise');
    const length = width * height * 3;
    if (out !== undefined) checkOutputLength(out.length, length, 'RasterEngine.normalise, out');
    const { scale, offset } = channelScale(mean, std);
    this.#kernels.normalise(
      this.#planes,
      output,
      width,
      height,
      stride,
      planeSize,
      scale[0]!,
      scale[1]!,
      scale[2]!,
      offset[0]!,
      offset[1]!,
      offset[2]!,
    );
    const result = this.#memory.floats.subarray(output / 4, output / 4 + length);
    if (out === undefined) return result.slice();
    out.set(result);
    return out;
  }

  bytes(out?: Uint8Array): Uint8Array {
    const view = this.#requiredView('bytes');
    if (out !== undefined) checkOutputLength(out.length, view.width * view.height * 3, 'RasterEngine.bytes, out');
    const joined = this.#join(view);
    if (out === undefined) return joined.slice();
    out.set(joined);
    return out;
  }

  raster(): Raster {
    const { width, height } = this.#requiredView('raster');
    return { width, height, data: this.bytes() };
  }

  #requiredView(where: string): ViewLayout {
    if (this.#view === undefined) throw noView(where);
    return this.#view;
  }

  #rowTable(inputSize: number, outputSize: number, filter: ResampleFilter, flip: boolean): PackedTable {
    const key = `${filter} ${flip ? 'flipped' : 'rows'} ${inputSize} ${outputSize}`;
    return this.#table(key, () => packForRows(resampleTable(inputSize, 0, inputSize, outputSize, filter), flip));
  }

  #columnTable(inputSize: number, outputSize: number, filter: ResampleFilter): PackedTable {
    const key = `${filter} columns ${inputSize} ${outputSize}`;
    return this.#table(key, () => packForColumns(resampleTable(inputSize, 0, inputSize, outputSize, filter)));
  }

  #table(key: string, make: () => PackedTable): PackedTable {
    const known = this.#tables.get(key);
    if (known !== undefined) return known;
    if (this.#tableBytes > TABLE_BYTES_KEPT) {
      this.#tables.clear();
      this.#tableBytes = 0;
    }
    const table = make();
    this.#tables.set(key, table);
    this.#tableBytes += table.positions.byteLength + table.weights.byteLength;
    return table;
  }

  #writeTables(view: ViewLayout, rows: PackedTable, columns: PackedTable): void {
    const { integers, shorts } = this.#memory;
    integers.set(rows.positions, view.rowPositions / 4);
    shorts.set(rows.weights, view.rowWeights / 2);
    integers.set(columns.positions, view.columnPositions / 4);
    shorts.set(columns.weights, view.columnWeights / 2);
  }

  #pixelsInside({ x, y }: PixelWindow): Pixels {
    const stride = this.#source!.width * 3;
    return { start: this.#memory.source + y * stride + x * 3, stride };
  }

  #paddedPixels(crop: PixelWindow, view: ViewLayout): Pixels {
    const { width, height } = this.#source!;
    const { bytes, source } = this.#memory;
    const raster = { width, height, data: bytes.subarray(source, source + width * height * 3) };
    copyWindow(raster, crop, bytes.subarray(view.paddedCrop), 'RasterEngine.cropAndResize');
    return { start: view.paddedCrop, stride: crop.width * 3 };
  }

  #resampleRowsFirst(
    pixels: Pixels,
    rows: PackedTable,
    columns: PackedTable,
    betweenStride: number,
    view: ViewLayout,
  ): void {
    const { between, width, height, resized, resizedStride } = view;
    const start = pixels.start + columns.first * pixels.stride;
    this.#resampleRows(start, pixels.stride, columns.count, between, betweenStride, rows, view);
    this.#kernels.resampleColumns(
      between,
      betweenStride,
      width * 3,
      resized,
      resizedStride,
      height,
      view.columnPositions,
      view.columnWeights,
      columns.groups,
    );
  }

  #resampleColumnsFirst(
    pixels: Pixels,
    crop: PixelWindow,
    rows: PackedTable,
    columns: PackedTable,
    betweenStride: number,
    view: ViewLayout,
  ): void {
    const { between, height, resized, resizedStride } = view;
    this.#kernels.resampleColumns(
      pixels.start + columns.first * pixels.stride,
      pixels.stride,
      crop.width * 3,
      between,
      betweenStride,
      height,
      view.columnPositions,
      view.columnWeights,
      columns.groups,
    );
    this.#resampleRows(between, betweenStride, height, resized, resizedStride, rows, view);
  }

  #resampleRows(
    source: number,
    sourceStride: number,
    count: number,
    target: number,
    targetStride: number,
    table: PackedTable,
    view: ViewLayout,
  ): void {
    const { width, rowPositions, rowWeights } = view;
    this.#kernels.resampleRows(
      source,
      sourceStride,
      count,
      target,
      targetStride,
      width,
      rowPositions,
      rowWeights,
      table.groups,
    );
  }

  #split(source: number, sourceStride: number, { width, height, stride, planeSize }: ViewLayout): void {
    this.#kernels.split(source, sourceStride, this.#planes, width, height, stride, planeSize);
  }

  /** The view, interleaved, in the engine's own memory. */
  #join({ width, height, stride, planeSize, output }: ViewLayout): Uint8Array {
    this.#kernels.join(this.#planes, output, width, height, stride, planeSize);
    return this.#memory.bytes.subarray(output, output + width * height * 3);
  }

  #swapPlanes(): void {
    const free = this.#otherPlanes;
    this.#otherPlanes = this.#planes;
    this.#planes = free;
  }

  #applyOperation(operation: Operation, view: ViewLayout): void {
    const { width, height, stride, planeSize } = view;
    const kernels = this.#kernels;
    const planes = this.#planes;
    switch (operation.kind) {
      case 'horizontal-flip':
        kernels.flipRows(planes, this.#otherPlanes, width, height, stride, planeSize);
        this.#swapPlanes();
        return;
      case 'brightness':
        checkNumber(operation.factor, 0, Number.POSITIVE_INFINITY, 'brightness, factor');
        kernels.blendConstant(planes, width, height, stride, planeSize, 0, operation.factor);
        return;
      case 'contrast': {
        checkNumber(operation.factor, 0, Number.POSITIVE_INFINITY, 'contrast, factor');
        const mean = meanLevel(kernels.lumaSum(planes, width, height, stride, planeSize), width * height);
        kernels.blendConstant(planes, width, height, stride, planeSize, mean, operation.factor);
        return;
      }
      case 'saturation':
        checkNumber(operation.factor, 0, Number.POSITIVE_INFINITY, 'saturation, factor');
        kernels.saturation(planes, width, height, stride, planeSize, operation.factor);
        return;
      case 'hue':
        checkNumber(operation.turn, -0.5, 0.5, 'hue, turn');
        kernels.hue(planes, width, height, stride, planeSize, hueOffset(operation.turn));
        return;
      case 'grayscale':
        kernels.grayscale(planes, width, height, stride, planeSize);
        return;
      case 'solarize':
        checkNumber(operation.threshold, 0, 256, 'solarize, threshold');
        // No 8-bit value reaches more than 255.
        if (operation.threshold > 255) return;
        kernels.solarize(planes, width, height, stride, planeSize, Math.ceil(operation.threshold));
        return;
      case 'posterize':
        checkInteger(operation.bits, 0, 8, 'posterize, bits');
        kernels.posterize(planes, width, height, stride, planeSize, 0xff << (8 - operation.bits));
        return;
      case 'gaussian-blur':
        this.#gaussianBlur(operation, view);
        return;
      case 'box-blur':
        this.#boxBlur(operation, view);
        return;
      default:
        this.#applyByTypescript(operation, view);
    }
  }

  #gaussianBlur(operation: Extract<Operation, { kind: 'gaussian-blur' }>, view: ViewLayout): void {
    const { width, height, stride, planeSize, wide } = view;
    const size = operation.kernelSize ?? defaultKernelSize(Math.min(width, height));
    const half = fixedGaussianHalf(size, operation.sigma);
    checkReach((size - 1) / 2, width, height);
    const radius = half.length - 1;
    if (radius > LONGEST_GAUSSIAN_RADIUS || width < SHORTEST_GAUSSIAN_ROW) {
      this.#applyByTypescript(operation, view);
      return;
    }
    this.#memory.shorts.set(half, GAUSSIAN_WEIGHTS / 2);
    this.#kernels.gaussianBlur(this.#planes, wide, width, height, stride, planeSize, radius, GAUSSIAN_WEIGHTS);
  }

  #boxBlur(operation: Extract<Operation, { kind: 'box-blur' }>, view: ViewLayout): void {
    checkNumber(operation.radius, 0, Number.POSITIVE_INFINITY, 'boxBlur, radius');
    if (operation.radius === 0) return;
    const { radius, inner, edge } = boxWeights(operation.radius);
    if (radius > LONGEST_BOX_RADIUS) {
      this.#applyByTypescript(operation, view);
      return;
    }
    const { width, height, stride, planeSize } = view;
    for (const pass of [this.#kernels.boxBlurRows, this.#kernels.boxBlurColumns]) {
      for (let repeat = 0; repeat < 3; repeat++) {
        pass(this.#planes, this.#otherPlanes, width, height, stride, planeSize, radius, inner, edge);
        this.#swapPlanes();
      }
    }
  }

  #applyByTypescript(operation: Operation, view: ViewLayout): void {
    const { width, height } = view;
    const raster = { width, height, data: this.#join(view) };
    applyOperations(raster, [operation], { out: raster, workspace: this.#workspace });
    this.#split(view.output, width * 3, view);
  }
}
