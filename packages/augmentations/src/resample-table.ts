import { filterKernel, type ResampleFilter } from './resample-filter.ts';
import type { Workspace } from './workspace.ts';

/** Fraction bits of a weight: 32 minus 8 of the pixel minus 2 for the overshoot of filters with negative lobes. */
export const WEIGHT_BITS = 22;

const TABLES_KEPT = 2048;

/** How one axis is resampled: output `i` is the sum over `t < counts[i]` of `weights[i * taps + t] * input[starts[i] + t]`. */
export interface ResampleTable {
  readonly starts: Int32Array;
  readonly counts: Int32Array;
  /** Fixed point with `WEIGHT_BITS` fraction bits. */
  readonly weights: Int32Array;
  /** Distance between the weights of successive outputs. */
  readonly taps: number;
}

/**
 * Pillow's weights for resampling `[from, to)` of an axis of `inputSize` pixels to `outputSize`: the filter is centred on
 * each output pixel, widened by the reduction factor where the axis shrinks (antialiasing), cut off at the ends of the whole
 * axis, normalised to sum 1 and rounded to `WEIGHT_BITS` bits.
 */
export function resampleTable(
  inputSize: number,
  from: number,
  to: number,
  outputSize: number,
  filter: ResampleFilter,
): ResampleTable {
  const kernel = filterKernel(filter);
  const start = Math.fround(from);
  const scale = Math.fround(Math.fround(to) - start) / outputSize;
  const widening = Math.max(scale, 1);
  const support = kernel.support * widening;
  const inverseWidening = 1 / widening;
  const taps = Math.ceil(support) * 2 + 1;
  const starts = new Int32Array(outputSize);
  const counts = new Int32Array(outputSize);
  const weights = new Int32Array(outputSize * taps);
  const exact = new Float64Array(taps);
  for (let output = 0; output < outputSize; output++) {
    const centre = start + (output + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - support + 0.5));
    const count = Math.min(inputSize, Math.trunc(centre + support + 0.5)) - first;
    let sum = 0;
    for (let tap = 0; tap < count; tap++) {
      const weight = kernel.value((tap + first - centre + 0.5) * inverseWidening);
      exact[tap] = weight;
      sum += weight;
    }
    starts[output] = first;
    counts[output] = count;
    for (let tap = 0; tap < count; tap++) {
      const weight = (sum === 0 ? exact[tap]! : exact[tap]! / sum) * 2 ** WEIGHT_BITS;
      weights[output * taps + tap] = Math.trunc(weight < 0 ? weight - 0.5 : weight + 0.5);
    }
  }
  return { starts, counts, weights, taps };
}

/** The table of a whole axis, taken from the workspace where it was used before. */
export function axisTable(
  inputSize: number,
  outputSize: number,
  filter: ResampleFilter,
  workspace: Workspace,
): ResampleTable {
  const tables = workspace.table(filter, () => new Map<number, ResampleTable>());
  const key = inputSize * 2 ** 26 + outputSize;
  let table = tables.get(key);
  if (table === undefined) {
    table = resampleTable(inputSize, 0, inputSize, outputSize, filter);
    if (tables.size >= TABLES_KEPT) tables.clear();
    tables.set(key, table);
  }
  return table;
}
