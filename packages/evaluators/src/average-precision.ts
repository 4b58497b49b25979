import { SceneError } from '@ssl-scene/errors';
import { checkMultiLabels, type MultiLabels, SHOWN, UNKNOWN } from './multi-labels.ts';

/**
 * How precision is summed over recall: `steps` as it is at each positive (scikit-learn's `average_precision_score`),
 * `all-point` its envelope, the best at this or any larger recall (Pascal VOC 2010 to 2012), `eleven-point` the mean of the
 * envelope at recalls 0, 0.1 … 1 (Pascal VOC 2007).
 */
export type PrecisionSum = 'steps' | 'all-point' | 'eleven-point';

export interface AveragePrecisionOptions {
  /** Default `steps`. */
  readonly sum?: PrecisionSum;
}

/**
 * Average precision of a ranking: how early the positives come when rows are sorted by score, from near the share of positives
 * (chance) to 1. Rows of equal score form one threshold, so that their order says nothing. NaN where no row is positive.
 *
 * @param labels 1 = positive, 0 = negative, -1 = left out.
 */
export function averagePrecision(
  scores: ArrayLike<number>,
  labels: MultiLabels,
  { sum = 'steps' }: AveragePrecisionOptions = {},
): number {
  checkScores(scores, labels, 1, 'averagePrecision');
  return summed(thresholds(scores, labels, 0, 1), sum);
}

/** Average precisions of several classes. */
export interface MultiLabelPrecision {
  /** Mean over the classes that have a positive row (macro); NaN where none has. */
  readonly mean: number;
  /** Of all rows and classes ranked together (micro). */
  readonly micro: number;
  /** Of each class; NaN where no row shows it. */
  readonly perClass: Float64Array;
}

/**
 * Mean average precision of scores for images that show several classes. A row without any class counts as a negative of each.
 *
 * @param scores rows × classes. @param labels rows × classes, see `MultiLabels`.
 */
export function meanAveragePrecision(
  scores: ArrayLike<number>,
  labels: MultiLabels,
  classes: number,
  { sum = 'steps' }: AveragePrecisionOptions = {},
): MultiLabelPrecision {
  checkScores(scores, labels, classes, 'meanAveragePrecision');
  const perClass = Float64Array.from({ length: classes }, (_, label) =>
    summed(thresholds(scores, labels, label, classes), sum),
  );
  const occurring = perClass.filter((value) => !Number.isNaN(value));
  const mean = occurring.reduce((total, value) => total + value, 0) / occurring.length;
  return { mean, micro: summed(thresholds(scores, labels, 0, 1), sum), perClass };
}

/** What lies at or above each distinct score, from the largest score down. */
interface Thresholds {
  readonly positives: number;
  /** Positive rows so far. */
  readonly hits: readonly number[];
  /** Rows so far. */
  readonly counts: readonly number[];
}

/** Of the values at `first`, `first + step` … */
function thresholds(scores: ArrayLike<number>, labels: MultiLabels, first: number, step: number): Thresholds {
  const [all, positive] = [new Float64Array(Math.ceil(scores.length / step)), [] as number[]];
  let known = 0;
  for (let i = first; i < scores.length; i += step) {
    if (labels[i] === UNKNOWN) continue;
    all[known++] = scores[i]!;
    if (labels[i] === SHOWN) positive.push(scores[i]!);
  }
  const ranked = all.subarray(0, known).sort();
  const rankedPositive = Float64Array.from(positive).sort();
  const [hits, counts]: [number[], number[]] = [[], []];
  let [rest, restPositive] = [known - 1, rankedPositive.length - 1];
  while (rest >= 0) {
    const score = ranked[rest]!;
    while (rest >= 0 && ranked[rest] === score) rest--;
    while (restPositive >= 0 && rankedPositive[restPositive] === score) restPositive--;
    counts.push(known - 1 - rest);
    hits.push(rankedPositive.length - 1 - restPositive);
  }
  return { positives: rankedPositive.length, hits, counts };
}

function summed(found: Thresholds, sum: PrecisionSum): number {
  if (found.positives === 0) return Number.NaN;
  const precision = found.hits.map((hit, i) => hit / found.counts[i]!);
  if (sum === 'steps') return stepSum(found, precision);
  for (let i = precision.length - 2; i >= 0; i--) precision[i] = Math.max(precision[i]!, precision[i + 1]!);
  return sum === 'all-point' ? stepSum(found, precision) : elevenPointMean(found, precision);
}

function stepSum({ hits, positives }: Thresholds, precision: readonly number[]): number {
  return precision.reduce((total, value, i) => total + ((hits[i]! - (hits[i - 1] ?? 0)) / positives) * value, 0);
}

function elevenPointMean({ hits, positives }: Thresholds, envelope: readonly number[]): number {
  let total = 0;
  // Whole numbers are compared: 3 of 10 must count as a recall of 0.3, which 0.1 + 0.2 exceeds in floating point.
  for (let tenth = 0; tenth <= 10; tenth++) total += envelope[hits.findIndex((hit) => 10 * hit >= tenth * positives)]!;
  return total / 11;
}

function checkScores(scores: ArrayLike<number>, labels: MultiLabels, classes: number, where: string): void {
  checkMultiLabels(labels, scores.length / classes, classes, `${where}, labels`);
  for (let i = 0; i < scores.length; i++) {
    if (Number.isFinite(scores[i])) continue;
    throw new SceneError({
      code: 'SCORE_NOT_FINITE',
      expected: 'finite scores',
      found: `${scores[i]} at ${i}`,
      where: `${where}, scores`,
      fix: 'A score that is not finite has no rank; look where it comes from.',
    });
  }
}
