import type { ResampleTable } from './resample-table.ts';

/** Weights are split into `high * 2 ** LOW_BITS + low`, as the kernels expect. */
const LOW_BITS = 11;
const LOW_MASK = (1 << LOW_BITS) - 1;

const TAPS_PER_ROW_GROUP = 4;
const TAPS_PER_COLUMN_GROUP = 2;

/** A resampling table in the form that a kernel reads. */
export interface PackedTable {
  /** For each output: where its input starts, and its number of groups. */
  readonly positions: Int32Array;
  /** 16-bit halves of the weights, by group. */
  readonly weights: Int16Array;
  /** Groups that each output has room for. */
  readonly groups: number;
  /** First input that any output reads, from which positions count in a table for columns. */
  readonly first: number;
  /** Inputs from the first that any output reads to the last. */
  readonly count: number;
}

/** For `resampleRows`: byte offsets of pixels, groups of four taps; the outputs in reverse order where `flip`. */
export function packForRows(table: ResampleTable, flip: boolean): PackedTable {
  const outputs = table.starts.length;
  const groups = Math.ceil(table.taps / TAPS_PER_ROW_GROUP);
  const positions = new Int32Array(outputs * 2);
  const weights = new Int16Array(outputs * groups * TAPS_PER_ROW_GROUP * 2);
  for (let output = 0; output < outputs; output++) {
    const entry = flip ? outputs - 1 - output : output;
    positions[output * 2] = table.starts[entry]! * 3;
    positions[output * 2 + 1] = Math.ceil(table.counts[entry]! / TAPS_PER_ROW_GROUP);
    const start = output * groups * TAPS_PER_ROW_GROUP * 2;
    for (let tap = 0; tap < table.counts[entry]!; tap++) {
      const weight = table.weights[entry * table.taps + tap]!;
      // Two taps, their high halves and then their low ones, are one dot product's worth.
      const at = start + (tap >> 1) * 4 + (tap & 1);
      weights[at] = weight >> LOW_BITS;
      weights[at + 2] = weight & LOW_MASK;
    }
  }
  return { positions, weights, groups, ...inputsRead(table) };
}

/** For `resampleColumns`: rows counted from the first that is read, pairs of taps. */
export function packForColumns(table: ResampleTable): PackedTable {
  const outputs = table.starts.length;
  const groups = Math.ceil(table.taps / TAPS_PER_COLUMN_GROUP);
  const { first, count } = inputsRead(table);
  const positions = new Int32Array(outputs * 2);
  const weights = new Int16Array(outputs * groups * TAPS_PER_COLUMN_GROUP * 2);
  for (let output = 0; output < outputs; output++) {
    positions[output * 2] = table.starts[output]! - first;
    positions[output * 2 + 1] = Math.ceil(table.counts[output]! / TAPS_PER_COLUMN_GROUP);
    const start = output * groups * TAPS_PER_COLUMN_GROUP * 2;
    for (let tap = 0; tap < table.counts[output]!; tap++) {
      const weight = table.weights[output * table.taps + tap]!;
      const at = start + (tap >> 1) * 4 + (tap & 1);
      weights[at] = weight >> LOW_BITS;
      weights[at + 2] = weight & LOW_MASK;
    }
  }
  return { positions, weights, groups, first, count };
}

function inputsRead(table: ResampleTable): { first: number; count: number } {
  const last = table.starts.length - 1;
  const first = table.starts[0]!;
  return { first, count: table.starts[last]! + table.counts[last]! - first };
}
