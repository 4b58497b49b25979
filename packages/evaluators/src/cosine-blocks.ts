import { type Tensor, tf } from '@ssl-scene/tensors';
import { factorRounding } from './factor-rounding.ts';
import type { Features } from './features.ts';
import { readTensors } from './read-tensors.ts';

/** Cosines of some queries with some rows of the bank, approximate to within `error`. */
export interface CosineBlocks {
  /** Bound on how far the difference of two of these cosines is from the difference of the exact ones. */
  readonly error: number;
  /** Makes the bank's rows from `start` to `end` the ones that {@link CosineBlocks.cosines} compares with. */
  selectBank(start: number, end: number): void;
  /** (end - start) × selected rows, row by row, for the queries from `start` to `end`. */
  cosines(start: number, end: number): Features;
  dispose(): void;
}

/** A matrix of features with the length of each row. */
export interface Rows {
  readonly values: Features;
  readonly lengths: Float64Array;
  readonly dimension: number;
}

/** The exact cosine, the same on every backend: one accumulation in double precision, in order. */
export function exactCosine(queries: Rows, query: number, bank: Rows, row: number): number {
  const { dimension } = queries;
  const [a, b] = [queries.values, bank.values];
  const [startA, startB] = [query * dimension, row * dimension];
  let sum = 0;
  for (let i = 0; i < dimension; i++) sum += a[startA + i]! * b[startB + i]!;
  return sum / (queries.lengths[query]! * bank.lengths[row]!);
}

/** Every cosine exactly: for double-precision features, and where no fast backend is current. */
export function exactBlocks(queries: Rows, bank: Rows): CosineBlocks {
  let [first, last] = [0, 0];
  return {
    error: 0,
    selectBank(start, end) {
      [first, last] = [start, end];
    },
    cosines(start, end) {
      const block = new Float64Array((end - start) * (last - first));
      let position = 0;
      for (let query = start; query < end; query++) {
        for (let row = first; row < last; row++) block[position++] = exactCosine(queries, query, bank, row);
      }
      return block;
    },
    dispose() {},
  };
}

/** Cosines as float32 matrix products on the current backend. */
export function productBlocks(queries: Rows, bank: Rows): CosineBlocks {
  const { dimension } = queries;
  let selected: Tensor | undefined;
  return {
    // Two cosines, each a sum of `dimension` products of two factors rounded to float32, and perhaps further.
    error: 2 * (2 * factorRounding() + (dimension + 4) * 2 ** -24),
    selectBank(start, end) {
      selected?.dispose();
      selected = unitRows(bank, start, end);
    },
    cosines(start, end) {
      const [block] = readTensors(() => [
        tf.matMul(unitRows(queries, start, end) as tf.Tensor2D, selected as tf.Tensor2D, false, true),
      ]);
      return block!;
    },
    dispose() {
      selected?.dispose();
    },
  };

  function unitRows({ values, lengths }: Rows, start: number, end: number): Tensor {
    const unit = new Float32Array((end - start) * dimension);
    let position = 0;
    for (let row = start; row < end; row++) {
      const scale = 1 / lengths[row]!;
      for (let i = row * dimension; i < (row + 1) * dimension; i++) unit[position++] = values[i]! * scale;
    }
    return tf.tensor2d(unit, [end - start, dimension]);
  }
}
