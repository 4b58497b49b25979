import { type MultiLabelPrecision, meanAveragePrecision } from './average-precision.ts';
import { type Features, rowsOf, selectRows } from './features.ts';
import { type KnnOptions, resolveKnnOptions } from './knn-options.ts';
import { checkMultiLabels, knownRows, type MultiLabels, SHOWN, UNKNOWN } from './multi-labels.ts';
import { type Neighbours, nearestRows, neighbourWeights } from './nearest-rows.ts';

export interface MultiLabelKnnOptions extends KnnOptions {
  /** Features that vote, rows × dimension; any lengths, rows are compared by cosine. */
  readonly bank: Features;
  /** What each row of the bank shows, rows × classes; rows of which nothing is known have no vote. */
  readonly bankLabels: MultiLabels;
  /** Features to judge, rows × dimension. */
  readonly queries: Features;
  /** What each query shows, for the precisions, rows × classes. */
  readonly queryLabels: MultiLabels;
  /** Numbers per row. */
  readonly dimension: number;
  readonly classes: number;
}

export interface MultiLabelKnnResult extends MultiLabelPrecision {
  /** By query and class, queries × classes: from 0, no neighbour shows it, to 1, all do. */
  readonly scores: Float64Array;
  /** Neighbours that voted. */
  readonly k: number;
  /** The mean average precision with each number of neighbours that was asked for. */
  readonly byK: readonly { readonly k: number; readonly mean: number }[];
  /** What was asked for and could not be had. */
  readonly warnings: readonly string[];
}

/**
 * Weighted kNN for images that show several classes: a class's score is the weighted share of a query's neighbours that show
 * it, with the weights exp(cosine / T) of `weightedKnn`, which it equals where every image shows one class. Neighbours of
 * which the class is not known have no say in it; where that is all of them, the score is 0.
 */
export function multiLabelKnn(options: MultiLabelKnnOptions): MultiLabelKnnResult {
  const { queries, queryLabels, dimension, classes } = options;
  const queryRows = rowsOf(queries, dimension, 'multiLabelKnn, queries');
  const bankRows = rowsOf(options.bank, dimension, 'multiLabelKnn, bank');
  checkMultiLabels(options.bankLabels, bankRows, classes, 'multiLabelKnn, bankLabels');
  checkMultiLabels(queryLabels, queryRows, classes, 'multiLabelKnn, queryLabels');
  const known = knownRows(options.bankLabels, classes);
  const { ks, temperature, chunk, warnings } = resolveKnnOptions(options, bankRows, known.length, 'multiLabelKnn');
  const bank = selectRows(options.bank, known, dimension);
  const neighbours = nearestRows(queries, bank, dimension, Math.max(...ks), chunk);
  const labelsOf = (place: number): number => known[place]! * classes;
  const results = ks.map((k) => {
    const scores = shares(neighbours, k, options.bankLabels, labelsOf, classes, temperature);
    return { k, scores, ...meanAveragePrecision(scores, queryLabels, classes) };
  });
  return { ...results[0]!, byK: results.map(({ k, mean }) => ({ k, mean })), warnings };
}

/** @param labelsOf where the labels of a row of the bank begin. */
function shares(
  neighbours: Neighbours,
  k: number,
  labels: MultiLabels,
  labelsOf: (row: number) => number,
  classes: number,
  temperature: number,
): Float64Array {
  const queries = neighbours.rows.length / neighbours.k;
  const scores = new Float64Array(queries * classes);
  const asked = new Float64Array(classes);
  for (let query = 0; query < queries; query++) {
    const votes = scores.subarray(query * classes, (query + 1) * classes);
    asked.fill(0);
    neighbourWeights(neighbours, query, k, temperature).forEach((weight, place) => {
      const start = labelsOf(neighbours.rows[query * neighbours.k + place]!);
      for (let label = 0; label < classes; label++) {
        const mark = labels[start + label]!;
        if (mark === UNKNOWN) continue;
        asked[label]! += weight;
        if (mark === SHOWN) votes[label]! += weight;
      }
    });
    for (let label = 0; label < classes; label++) if (asked[label]! > 0) votes[label]! /= asked[label]!;
  }
  return scores;
}
