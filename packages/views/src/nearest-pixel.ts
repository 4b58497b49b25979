/** Labels by pixel, row by row. */
export interface PixelLabels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/**
 * For every pixel along a side of the target the pixel of the source that is nearest to its centre, by Pillow's `NEAREST`.
 *
 * @param start first pixel of the source's part
 * @param length of that part in pixels
 * @param size of the target in pixels
 */
export function nearestPlaces(start: number, length: number, size: number): Int32Array {
  const places = new Int32Array(size);
  const step = length / size;
  // Added up, as Pillow does: a product would round to the other side now and then.
  for (let i = 0, at = step * 0.5; i < size; i++, at += step) places[i] = start + Math.trunc(at);
  return places;
}

/** The labels at the places of a grid; `outside` where these are not in the mask. */
export function pickLabels(mask: PixelLabels, columns: Int32Array, rows: Int32Array, outside: number): Uint8Array {
  const picked = new Uint8Array(columns.length * rows.length).fill(outside);
  for (const [y, row] of rows.entries()) {
    if (row < 0 || row >= mask.height) continue;
    for (const [x, column] of columns.entries()) {
      const isInside = column >= 0 && column < mask.width;
      if (isInside) picked[y * columns.length + x] = mask.data[row * mask.width + column]!;
    }
  }
  return picked;
}
