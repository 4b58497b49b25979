import { SceneError } from '@ssl-scene/errors';
import { tf } from '@ssl-scene/tensors';
import { accuracyOf } from './accuracy.ts';
import { type CosineBlocks, exactBlocks, exactCosine, productBlocks, type Rows } from './cosine-blocks.ts';
import { type Features, rowLengths, rowsOf } from './features.ts';
import { labelledRows } from './labelled-rows.ts';
import { checkLabels, type Labels } from './labels.ts';
import { largestPlaces } from './largest.ts';

/** Bytes that one block of cosines may take. */
const BLOCK_BYTES = 64 * 2 ** 20;
/** Rows of the bank that are compared at a time; bounds the copy of the bank on the device. */
const BANK_ROWS = 65_536;

export interface WeightedKnnOptions {
  /** Features that vote, rows × dimension; any lengths, rows are compared by cosine. */
  readonly bank: Features;
  /** Class of each row of the bank; rows labelled -1 have no vote. */
  readonly bankLabels: Labels;
  /** Features to classify, rows × dimension. */
  readonly queries: Features;
  /** Class of each query, for the accuracy; queries labelled -1 do not count. Default: no accuracy. */
  readonly queryLabels?: Labels;
  /** Numbers per row. */
  readonly dimension: number;
  /** Number of classes, also of those that the labels happen not to show. */
  readonly classes: number;
  /** Neighbours that vote; more than the labelled bank holds means all of it, with a warning. Default 200. */
  readonly k?: number;
  /** T of the weights exp(cosine / T), above 0. Default 0.1. */
  readonly temperature?: number;
  /** Queries compared at a time. Default: as many as keep a block of cosines within 64 MiB. */
  readonly chunk?: number;
}

export interface KnnResult {
  /** Share of the labelled queries whose prediction is right; NaN where there are none. */
  readonly accuracy: number;
  /** Class of each query. */
  readonly predictions: Int32Array;
  /** Share of the votes by query and class, queries × classes; each row sums to 1. */
  readonly scores: Float64Array;
  /** Neighbours that voted. */
  readonly k: number;
  /** What was asked for and could not be had. */
  readonly warnings: readonly string[];
}

/**
 * Weighted k-nearest-neighbour classification on frozen features (Wu et al., 2018; the monitor of MoCo, DINO and others):
 * the k rows of the bank with the largest cosine vote for their class with weight exp(cosine / T).
 *
 * Exact, and the same on every backend: approximate products select candidates with a margin for their error, then the
 * candidates' cosines are computed in double precision. Equal cosines: the lower row of the bank comes first; equal
 * shares of the votes: the lower class wins. A row of zeros has cosine 0 with everything.
 *
 * Memory beyond the inputs: a block of cosines (64 MiB), a copy of up to 65,536 rows of the bank, 12 bytes per query and
 * neighbour. Products run on the current backend, or in plain code where that is `cpu` or features are Float64Arrays.
 */
export function weightedKnn(options: WeightedKnnOptions): KnnResult {
  const { dimension, classes, queryLabels, k = 200, temperature = 0.1 } = options;
  checkNumbers(k, temperature, options.chunk);
  const queryRows = rowsOf(options.queries, dimension, 'weightedKnn, queries');
  const bankRows = rowsOf(options.bank, dimension, 'weightedKnn, bank');
  checkLabels(options.bankLabels, bankRows, classes, 'weightedKnn, bankLabels');
  if (queryLabels) checkLabels(queryLabels, queryRows, classes, 'weightedKnn, queryLabels');
  const { features, labels } = labelledRows(options.bank, options.bankLabels, dimension);
  if (labels.length === 0) throw emptyBank(bankRows);
  const queries = rowsWithLengths(options.queries, dimension);
  const bank = rowsWithLengths(features, dimension);
  const warnings: string[] = [];
  if (k > labels.length) {
    warnings.push(`k was lowered from ${k} to ${labels.length}, the number of labelled rows of the bank.`);
  }
  const neighbours = findNeighbours(queries, bank, Math.min(k, labels.length), options.chunk);
  const { predictions, scores } = vote(neighbours, labels, classes, temperature);
  return { accuracy: accuracyOf(predictions, queryLabels), predictions, scores, k: neighbours.k, warnings };
}

function checkNumbers(k: number, temperature: number, chunk = 1): void {
  const fail = (name: string, expected: string, found: number): never => {
    throw new SceneError({
      code: 'KNN_OPTION',
      expected,
      found: String(found),
      where: `weightedKnn, option ${name}`,
      fix: `Correct ${name}.`,
    });
  };
  if (!Number.isInteger(k) || k < 1) fail('k', 'a whole number of at least 1', k);
  if (!Number.isInteger(chunk) || chunk < 1) fail('chunk', 'a whole number of at least 1', chunk);
  if (!Number.isFinite(temperature) || temperature <= 0) fail('temperature', 'a finite number above 0', temperature);
}

function emptyBank(rows: number): SceneError {
  return new SceneError({
    code: 'EMPTY_BANK',
    expected: 'at least one labelled row',
    found: `${rows} rows, none labelled`,
    where: 'weightedKnn, bankLabels',
    fix: 'Pass a labelled bank.',
  });
}

function rowsWithLengths(values: Features, dimension: number): Rows {
  return { values, lengths: rowLengths(values, values.length / dimension, dimension), dimension };
}

/** The k nearest rows of every query, nearest first. */
interface Neighbours {
  readonly k: number;
  /** queries × k */
  readonly rows: Int32Array;
  /** queries × k */
  readonly cosines: Float64Array;
}

function findNeighbours(queries: Rows, bank: Rows, k: number, chunk: number | undefined): Neighbours {
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

function vote(
  { k, rows, cosines }: Neighbours,
  labels: Labels,
  classes: number,
  temperature: number,
): { predictions: Int32Array; scores: Float64Array } {
  const queries = rows.length / k;
  const predictions = new Int32Array(queries);
  const scores = new Float64Array(queries * classes);
  for (let query = 0; query < queries; query++) {
    const shares = scores.subarray(query * classes, (query + 1) * classes);
    const nearest = cosines[query * k]!;
    let total = 0;
    for (let place = query * k; place < (query + 1) * k; place++) {
      // The nearest neighbour's weight is 1, so that no temperature overflows.
      const weight = Math.exp((cosines[place]! - nearest) / temperature);
      shares[labels[rows[place]!]!]! += weight;
      total += weight;
    }
    for (let label = 0; label < classes; label++) shares[label]! /= total;
    predictions[query] = shares.reduce((best, share, label) => (share > shares[best]! ? label : best), 0);
  }
  return { predictions, scores };
}
