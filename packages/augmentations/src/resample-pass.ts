import { type ResampleTable, WEIGHT_BITS } from './resample-table.ts';

const HALF = 1 << (WEIGHT_BITS - 1);

/** Bytes in memory: an array, where the first row starts, and the distance between rows. */
export interface Rows {
  readonly data: Uint8Array;
  readonly offset: number;
  readonly stride: number;
}

function clipped(sum: number): number {
  const value = sum >> WEIGHT_BITS;
  return value < 0 ? 0 : Math.min(value, 255);
}

/** Resamples `rowCount` rows of RGB pixels to the width of `table`, mirrored where `flip`. */
export function horizontalPass(source: Rows, rowCount: number, table: ResampleTable, flip: boolean, out: Rows): void {
  const { starts, counts, weights, taps } = table;
  const input = source.data;
  const output = out.data;
  const width = starts.length;
  for (let row = 0; row < rowCount; row++) {
    const rowStart = source.offset + row * source.stride;
    let target = out.offset + row * out.stride;
    for (let column = 0; column < width; column++) {
      const entry = flip ? width - 1 - column : column;
      let at = rowStart + starts[entry]! * 3;
      let red = HALF;
      let green = HALF;
      let blue = HALF;
      const end = entry * taps + counts[entry]!;
      for (let tap = entry * taps; tap < end; tap++) {
        const weight = weights[tap]!;
        red = (red + Math.imul(input[at]!, weight)) | 0;
        green = (green + Math.imul(input[at + 1]!, weight)) | 0;
        blue = (blue + Math.imul(input[at + 2]!, weight)) | 0;
        at += 3;
      }
      output[target] = clipped(red);
      output[target + 1] = clipped(green);
      output[target + 2] = clipped(blue);
      target += 3;
    }
  }
}

/**
 * Resamples columns of bytes, `bytesPerRow` of them, to the height of `table`. `firstRow` is the number of the row that
 * `source` starts with; `sums` is scratch memory for one row.
 */
export function verticalPass(
  source: Rows,
  firstRow: number,
  bytesPerRow: number,
  table: ResampleTable,
  sums: Int32Array,
  out: Rows,
): void {
  const { starts, counts, weights, taps } = table;
  for (let row = 0; row < starts.length; row++) {
    const at = source.offset + (starts[row]! - firstRow) * source.stride;
    weightedRows(source.data, at, source.stride, bytesPerRow, weights, row * taps, counts[row]!, sums);
    const output = out.data;
    const target = out.offset + row * out.stride;
    for (let i = 0; i < bytesPerRow; i++) output[target + i] = clipped(sums[i]!);
  }
}

/** `sums[i] = HALF + sum of weight * row[i]`, four rows at a time so that each sum is loaded and stored less often. */
function weightedRows(
  input: Uint8Array,
  start: number,
  stride: number,
  bytesPerRow: number,
  weights: Int32Array,
  firstWeight: number,
  count: number,
  sums: Int32Array,
): void {
  sums.fill(HALF, 0, bytesPerRow);
  let tap = 0;
  for (; tap + 3 < count; tap += 4) {
    const row0 = start + tap * stride;
    const row1 = row0 + stride;
    const row2 = row1 + stride;
    const row3 = row2 + stride;
    const weight0 = weights[firstWeight + tap]!;
    const weight1 = weights[firstWeight + tap + 1]!;
    const weight2 = weights[firstWeight + tap + 2]!;
    const weight3 = weights[firstWeight + tap + 3]!;
    for (let i = 0; i < bytesPerRow; i++) {
      sums[i] =
        (sums[i]! +
          Math.imul(input[row0 + i]!, weight0) +
          Math.imul(input[row1 + i]!, weight1) +
          Math.imul(input[row2 + i]!, weight2) +
          Math.imul(input[row3 + i]!, weight3)) |
        0;
    }
  }
  for (; tap < count; tap++) {
    const row = start + tap * stride;
    const weight = weights[firstWeight + tap]!;
    for (let i = 0; i < bytesPerRow; i++) sums[i] = (sums[i]! + Math.imul(input[row + i]!, weight)) | 0;
  }
}
