import { tf } from '@ssl-scene/tensors';
import { type CosineBlocks, exactBlocks, exactCosine, productBlocks, type Rows } from './cosine-blocks.ts';
import { type Features, rowLengths } from './features.ts';
import { largestPlaces } from './largest.ts';

/** Bytes that one block of cosines may take. */
const BLOCK_BYTES = 64 * 2 ** 20;
/** Rows of the bank that are compared at a time; bounds the copy of the bank on the device. */
const BANK_ROWS = 65_536;

/** The k nearest rows of every query, nearest first. */
export interface Neighbours {
  readonly k: number;
  /** queries × k */
  readonly rows: Int32Array;
  /** queries × k */
  readonly cosines: Float64Array;
}

/**
 * The k rows of the bank with the largest cosines, exactly: approximate products select candidates with a margin for their
 * error, then the candidates' cosines are computed in double precision. Of equal cosines the lower row comes first.
 *
 * @param k at most the rows of the bank.
 */
export function nearestRows(
  queryFeatures: Features,
  bankFeatures: Features,
  dimension: number,
  k: number,
  chunk: number | undefined,
): Neighbours {
  const [queries, bank] = [rowsWithLengths(queryFeatures, dimension), rowsWithLengths(bankFeatures, dimension)];
  const [queryCount, bankCount] = [queries.lengths.length, bank.lengths.length];
  const found: Neighbours = { k, rows: new Int32Array(queryCount * k), cosines: new Float64Array(queryCount * k) };
  const blocks = blocksFor(queries, bank);
  const bytes = queries.values.BYTES_PER_ELEMENT;
  const queriesAtOnce = chunk ?? Math.max(1, Math.floor(BLOCK_BYTES / bytes / Math.min(bankCount, BANK_ROWS)));
  try {
    for (let first = 0; first < bankCount; first += BANK_ROWS) {
      const last = Math.min(first + BANK_ROWS, bankCount);
      blocks.selectBank(first, last);
      for (let start = 0; start < queryCount; start += queriesAtOnce) {
        const end = Math.min(start + queriesAtOnce, queryCount);
        const cosines = blocks.cosines(start, end);
        for (let query = start; query < end; query++) {
          const row = cosines.subarray((query - start) * (last - first), (query - start + 1) * (last - first));
          const places = largestPlaces(row, Math.min(k, row.length), blocks.error);
          const candidates = places.map((place) => first + place);
          keepNearest(found, query, Math.min(first, k), candidates, (index) =>
            exactCosine(queries, query, bank, index),
          );
        }
      }
    }
  } finally {
    blocks.dispose();
  }
  return found;
}

function rowsWithLengths(values: Features, dimension: number): Rows {
  return { values, lengths: rowLengths(values, values.length / dimension, dimension), dimension };
}

function blocksFor(queries: Rows, bank: Rows): CosineBlocks {
  const double = queries.values instanceof Float64Array || bank.values instanceof Float64Array;
  return double || tf.getBackend() === 'cpu' ? exactBlocks(queries, bank) : productBlocks(queries, bank);
}

/** Merges candidates into the query's list, of which `filled` places are taken. */
function keepNearest(
  { k, rows, cosines }: Neighbours,
  query: number,
  filled: number,
  candidates: readonly number[],
  cosineOf: (row: number) => number,
): void {
  const exact = Float64Array.from(candidates, cosineOf);
  // A collapsed network makes every row a candidate; sorting them all would take longer than the products.
  const nearest = largestPlaces(exact, Math.min(k, exact.length), 0).map((place) => ({
    row: candidates[place]!,
    cosine: exact[place]!,
  }));
  for (let place = query * k; place < query * k + filled; place++) {
    nearest.push({ row: rows[place]!, cosine: cosines[place]! });
  }
  nearest.sort((a, b) => b.cosine - a.cosine || a.row - b.row);
  for (let place = 0; place < Math.min(k, nearest.length); place++) {
    rows[query * k + place] = nearest[place]!.row;
    cosines[query * k + place] = nearest[place]!.cosine;
  }
}

/** exp(cosine / T) of a query's k nearest rows, over that of the nearest, so that no temperature overflows. */
export function neighbourWeights(neighbours: Neighbours, query: number, k: number, temperature: number): Float64Array {
  const cosines = neighbours.cosines.subarray(query * neighbours.k, query * neighbours.k + k);
  return cosines.map((cosine) => Math.exp((cosine - cosines[0]!) / temperature));
}
