import { SceneError } from '@ssl-scene/errors';
import type { Box, Raster } from '@ssl-scene/geometry';
import { isVerticalFirst, type PassOrder } from './pass-order.ts';
import { copyWindow, isInside, type PixelWindow } from './pixel-window.ts';
import { checkRaster, checkSize, resultRaster } from './raster-check.ts';
import type { RasterOptions } from './raster-options.ts';
import type { ResampleFilter } from './resample-filter.ts';
import { horizontalPass, type Rows, verticalPass } from './resample-pass.ts';
import { axisTable, type ResampleTable, resampleTable } from './resample-table.ts';
import { Workspace } from './workspace.ts';

/** Options of `cropAndResize`. */
export interface CropAndResizeOptions extends RasterOptions {
  /** Mirror the result left to right; costs nothing beside resizing. Default: false. */
  readonly flip?: boolean;
  /** Which Pillow's pass order is followed. Default: `pillow-13`. */
  readonly passOrder?: PassOrder;
}

/** Options of `resize`. */
export interface ResizeOptions extends CropAndResizeOptions {
  /**
   * The part of the image that fills the result, in pixel edges, fractions allowed. Unlike after cropping, the filter reads
   * pixels outside it (Pillow's `resize(box=)`). Default: the whole image.
   */
  readonly window?: Box;
}

interface Axis {
  readonly table: ResampleTable;
  /** Nothing to do along this axis. */
  readonly identity: boolean;
}

/**
 * Resizes an image as Pillow's `Image.resize` does, equal in every bit: filters are widened where the image shrinks, weights
 * have 22 bits, and each of the two passes rounds and clips to 8 bits.
 *
 * @param width of the result in pixels
 * @param height of the result in pixels
 * @throws BAD_RASTER, BAD_SIZE, BAD_WINDOW, UNKNOWN_FILTER
 */
export function resize(
  raster: Raster,
  width: number,
  height: number,
  filter: ResampleFilter = 'bilinear',
  options: ResizeOptions = {},
): Raster {
  checkRaster(raster, 'resize');
  checkSize(width, height, 'resize');
  const { workspace = new Workspace(), window } = options;
  const source: Rows = { data: raster.data, offset: 0, stride: raster.width * 3 };
  if (window === undefined) {
    return resample(
      source,
      raster.width,
      raster.height,
      wholeAxis(raster.width, width, filter, workspace),
      wholeAxis(raster.height, height, filter, workspace),
      options,
      workspace,
    );
  }
  checkWindow(window, raster);
  return resample(
    source,
    raster.width,
    raster.height,
    windowAxis(raster.width, window.x0, window.x1, width, filter),
    windowAxis(raster.height, window.y0, window.y1, height, filter),
    options,
    workspace,
  );
}

/**
 * Cuts out `crop` and resizes it to `width` x `height`, as torchvision's `resized_crop` of a Pillow image does: the filter
 * sees nothing outside the crop. What of the crop lies outside the image is black.
 *
 * @throws BAD_RASTER, BAD_SIZE, BAD_WINDOW, UNKNOWN_FILTER
 */
export function cropAndResize(
  raster: Raster,
  crop: PixelWindow,
  width: number,
  height: number,
  filter: ResampleFilter = 'bilinear',
  options: CropAndResizeOptions = {},
): Raster {
  checkRaster(raster, 'cropAndResize');
  checkSize(width, height, 'cropAndResize');
  const { workspace = new Workspace() } = options;
  return resample(
    cropRows(raster, crop, workspace),
    crop.width,
    crop.height,
    wholeAxis(crop.width, width, filter, workspace),
    wholeAxis(crop.height, height, filter, workspace),
    options,
    workspace,
  );
}

function cropRows(raster: Raster, crop: PixelWindow, workspace: Workspace): Rows {
  const { x, y, width, height } = crop;
  checkSize(width, height, 'cropAndResize, crop');
  if (isInside(crop, raster.width, raster.height)) {
    return { data: raster.data, offset: (y * raster.width + x) * 3, stride: raster.width * 3 };
  }
  const data = workspace.bytes('crop', width * height * 3);
  copyWindow(raster, crop, data, 'cropAndResize');
  return { data, offset: 0, stride: width * 3 };
}

function wholeAxis(inputSize: number, outputSize: number, filter: ResampleFilter, workspace: Workspace): Axis {
  return { table: axisTable(inputSize, outputSize, filter, workspace), identity: inputSize === outputSize };
}

function windowAxis(inputSize: number, from: number, to: number, outputSize: number, filter: ResampleFilter): Axis {
  return {
    table: resampleTable(inputSize, from, to, outputSize, filter),
    identity: inputSize === outputSize && from === 0 && to === inputSize,
  };
}

function resample(
  source: Rows,
  inputWidth: number,
  inputHeight: number,
  columns: Axis,
  rows: Axis,
  options: CropAndResizeOptions,
  workspace: Workspace,
): Raster {
  const width = columns.table.starts.length;
  const height = rows.table.starts.length;
  const { flip = false, passOrder = 'pillow-13' } = options;
  const out = resultRaster(options.out, width, height, 'resize');
  const target: Rows = { data: out.data, offset: 0, stride: width * 3 };
  if (rows.identity) {
    const unaliased = detached(source, inputWidth, inputHeight, out.data, workspace);
    horizontalPass(unaliased, height, columns.table, flip, target);
  } else if (isVerticalFirst(passOrder, inputWidth, inputHeight, width, height)) {
    const sums = workspace.integers('resize sums', inputWidth * 3);
    const between = scratchRows(workspace, inputWidth, height);
    verticalPass(source, 0, inputWidth * 3, rows.table, sums, between);
    horizontalPass(between, height, columns.table, flip, target);
  } else {
    const sums = workspace.integers('resize sums', width * 3);
    const { firstRow, rowCount } = rowsRead(rows.table);
    const between = scratchRows(workspace, width, rowCount);
    const read = { ...source, offset: source.offset + firstRow * source.stride };
    horizontalPass(read, rowCount, columns.table, flip, between);
    verticalPass(between, firstRow, width * 3, rows.table, sums, target);
  }
  return out;
}

function rowsRead(table: ResampleTable): { firstRow: number; rowCount: number } {
  const last = table.starts.length - 1;
  const firstRow = table.starts[0]!;
  return { firstRow, rowCount: table.starts[last]! + table.counts[last]! - firstRow };
}

function scratchRows(workspace: Workspace, width: number, height: number): Rows {
  const stride = width * 3;
  return { data: workspace.bytes('resize', stride * height), offset: 0, stride };
}

/** A single pass may not write over pixels that it has yet to read. */
function detached(source: Rows, width: number, height: number, out: Uint8Array, workspace: Workspace): Rows {
  if (source.data.buffer !== out.buffer) return source;
  const copy = scratchRows(workspace, width, height);
  for (let row = 0; row < height; row++) {
    const start = source.offset + row * source.stride;
    copy.data.set(source.data.subarray(start, start + copy.stride), row * copy.stride);
  }
  return copy;
}

function checkWindow(window: Box, raster: Raster): void {
  const { x0, y0, x1, y1 } = window;
  if (x0 >= 0 && y0 >= 0 && x1 <= raster.width && y1 <= raster.height && x0 < x1 && y0 < y1) return;
  throw new SceneError({
    code: 'BAD_WINDOW',
    expected: `a window with positive area inside ${raster.width} x ${raster.height}`,
    found: `x ${x0} to ${x1}, y ${y0} to ${y1}`,
    where: 'resize, window',
    fix: 'Clip the window to the image; to read beyond the image use cropAndResize.',
  });
}
