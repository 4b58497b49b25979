import { accuracyOf } from './accuracy.ts';
import { type Features, rowsOf } from './features.ts';
import { type KnnOptions, resolveKnnOptions } from './knn-options.ts';
import { labelledRows } from './labelled-rows.ts';
import { checkLabels, type Labels } from './labels.ts';
import { type Neighbours, nearestRows, neighbourWeights } from './nearest-rows.ts';

export interface WeightedKnnOptions extends KnnOptions {
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
  /** The accuracy with each number of neighbours that was asked for. */
  readonly byK: readonly { readonly k: number; readonly accuracy: number }[];
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
  const { dimension, classes, queryLabels } = options;
  const queryRows = rowsOf(options.queries, dimension, 'weightedKnn, queries');
  const bankRows = rowsOf(options.bank, dimension, 'weightedKnn, bank');
  checkLabels(options.bankLabels, bankRows, classes, 'weightedKnn, bankLabels');
  if (queryLabels) checkLabels(queryLabels, queryRows, classes, 'weightedKnn, queryLabels');
  const { features, labels } = labelledRows(options.bank, options.bankLabels, dimension);
  const { ks, temperature, chunk, warnings } = resolveKnnOptions(options, bankRows, labels.length, 'weightedKnn');
  const neighbours = nearestRows(options.queries, features, dimension, Math.max(...ks), chunk);
  const votes = ks.map((k) => vote(neighbours, k, labels, classes, temperature));
  const byK = votes.map(({ predictions }, i) => ({ k: ks[i]!, accuracy: accuracyOf(predictions, queryLabels) }));
  return { ...byK[0]!, ...votes[0]!, byK, warnings };
}

function vote(
  neighbours: Neighbours,
  k: number,
  labels: Labels,
  classes: number,
  temperature: number,
): { predictions: Int32Array; scores: Float64Array } {
  const queries = neighbours.rows.length / neighbours.k;
  const predictions = new Int32Array(queries);
  const scores = new Float64Array(queries * classes);
  for (let query = 0; query < queries; query++) {
    const shares = scores.subarray(query * classes, (query + 1) * classes);
    const weights = neighbourWeights(neighbours, query, k, temperature);
    let total = 0;
    weights.forEach((weight, place) => {
      shares[labels[neighbours.rows[query * neighbours.k + place]!]!]! += weight;
      total += weight;
    });
    for (let label = 0; label < classes; label++) shares[label]! /= total;
    predictions[query] = shares.reduce((best, share, label) => (share > shares[best]! ? label : best), 0);
  }
  return { predictions, scores };
}
