import type { Box, Raster } from '@ssl-scene/geometry';

/** EXIF's orientation tag: how the stored rows and columns lie in the upright image. 1 is upright. */
export type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

const ORIENTATION_TAG = 0x0112;
const SHORT = 3;
const DIRECTORY_ENTRY = 12;

/**
 * The orientation in an EXIF block (with or without its `Exif` prefix); 1 where it is missing, out of range or unreadable, as
 * all viewers take it.
 */
export function readOrientation(exif: Uint8Array): Orientation {
  const hasPrefix = String.fromCharCode(...exif.subarray(0, 4)) === 'Exif';
  const tiff = hasPrefix ? exif.subarray(6) : exif;
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength);
  try {
    const little = view.getUint16(0) === 0x4949;
    const directory = view.getUint32(4, little);
    const entries = view.getUint16(directory, little);
    for (let i = 0; i < entries; i++) {
      const entry = directory + 2 + DIRECTORY_ENTRY * i;
      if (view.getUint16(entry, little) !== ORIENTATION_TAG) continue;
      const isShort = view.getUint16(entry + 2, little) === SHORT;
      const value = isShort ? view.getUint16(entry + 8, little) : view.getUint32(entry + 8, little);
      return value >= 1 && value <= 8 ? (value as Orientation) : 1;
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  return 1;
}

/** Whether upright width and height are the stored height and width. */
export function swapsSides(orientation: Orientation): boolean {
  return orientation >= 5;
}

/** Turns and mirrors stored pixels upright. Returns the raster itself where nothing is to do. */
export function orientRaster(raster: Raster, orientation: Orientation): Raster {
  if (orientation === 1) return raster;
  const { width: storedWidth, height: storedHeight, data } = raster;
  const [width, height] = swapsSides(orientation) ? [storedHeight, storedWidth] : [storedWidth, storedHeight];
  const upright = new Uint8Array(data.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [column, row] = storedPosition(x, y, storedWidth - 1, storedHeight - 1, orientation);
      const from = 3 * (row * storedWidth + column);
      const to = 3 * (y * width + x);
      upright[to] = data[from]!;
      upright[to + 1] = data[from + 1]!;
      upright[to + 2] = data[from + 2]!;
    }
  }
  return { width, height, data: upright };
}

/** Carries a box from stored coordinates (pixels, in a stored image of the given size) to upright ones. */
export function orientBox(box: Box, storedWidth: number, storedHeight: number, orientation: Orientation): Box {
  const corners = [
    uprightPosition(box.x0, box.y0, storedWidth, storedHeight, orientation),
    uprightPosition(box.x1, box.y1, storedWidth, storedHeight, orientation),
  ] as const;
  return {
    x0: Math.min(corners[0][0], corners[1][0]),
    y0: Math.min(corners[0][1], corners[1][1]),
    x1: Math.max(corners[0][0], corners[1][0]),
    y1: Math.max(corners[0][1], corners[1][1]),
  };
}

/** Where upright (x, y) is stored; `right` and `bottom` are the largest stored coordinates. */
function storedPosition(
  x: number,
  y: number,
  right: number,
  bottom: number,
  orientation: Orientation,
): readonly [number, number] {
  switch (orientation) {
    case 1:
      return [x, y];
    case 2:
      return [right - x, y];
    case 3:
      return [right - x, bottom - y];
    case 4:
      return [x, bottom - y];
    case 5:
      return [y, x];
    case 6:
      return [y, bottom - x];
    case 7:
      return [right - y, bottom - x];
    case 8:
      return [right - y, x];
  }
}

/** Where stored (x, y) lies upright; the inverse of `storedPosition`. */
function uprightPosition(
  x: number,
  y: number,
  right: number,
  bottom: number,
  orientation: Orientation,
): readonly [number, number] {
  // Quarter turns are each other's inverse; all others are their own. The sides change places with the turn.
  if (orientation === 6) return storedPosition(x, y, bottom, right, 8);
  if (orientation === 8) return storedPosition(x, y, bottom, right, 6);
  if (orientation === 5 || orientation === 7) return storedPosition(x, y, bottom, right, orientation);
  return storedPosition(x, y, right, bottom, orientation);
}
