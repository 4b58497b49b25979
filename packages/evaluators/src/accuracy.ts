import { SceneError } from '@ssl-scene/errors';
import { checkLabels, type Labels } from './labels.ts';

/** Share of the labelled rows whose prediction is right; NaN where no row is labelled. */
export function accuracyOf(predictions: ArrayLike<number>, labels: Labels | undefined): number {
  let [labelled, right] = [0, 0];
  for (let row = 0; labels && row < labels.length; row++) {
    if (labels[row]! < 0) continue;
    labelled++;
    if (predictions[row] === labels[row]) right++;
  }
  return right / labelled;
}

/**
 * Share of the labelled rows whose class is among the `k` with the largest scores; NaN where no row is labelled. Of equal
 * scores the lower class ranks first; `k` above the number of classes counts every row as right.
 *
 * @param scores rows × classes. @param labels -1 = unlabelled, does not count.
 */
export function topKAccuracy(scores: ArrayLike<number>, labels: Labels, classes: number, k: number): number {
  checkScores(scores, labels, classes, 'topKAccuracy');
  if (!Number.isInteger(k) || k < 1) {
    throw new SceneError({
      code: 'TOP_K',
      expected: 'a whole number of at least 1',
      found: String(k),
      where: 'topKAccuracy, k',
      fix: 'Pass 1 for plain accuracy.',
    });
  }
  let [labelled, right] = [0, 0];
  for (let row = 0; row < labels.length; row++) {
    const label = labels[row]!;
    if (label < 0) continue;
    labelled++;
    if (rankOf(scores, row * classes, classes, label) < k) right++;
  }
  return right / labelled;
}

/** How many classes rank before `label`. */
function rankOf(scores: ArrayLike<number>, start: number, classes: number, label: number): number {
  const own = scores[start + label]!;
  let before = 0;
  for (let other = 0; other < classes; other++) {
    const score = scores[start + other]!;
    if (score > own || (score === own && other < label)) before++;
  }
  return before;
}

/** Accuracy on the rows of each class; NaN for a class without rows. */
export function perClassAccuracy(predictions: ArrayLike<number>, labels: Labels, classes: number): Float64Array {
  checkLabels(labels, predictions.length, classes, 'perClassAccuracy');
  const [rows, right] = [new Float64Array(classes), new Float64Array(classes)];
  for (let row = 0; row < labels.length; row++) {
    const label = labels[row]!;
    if (label < 0) continue;
    rows[label]!++;
    if (predictions[row] === label) right[label]!++;
  }
  return right.map((count, label) => count / rows[label]!);
}

function checkScores(scores: ArrayLike<number>, labels: Labels, classes: number, where: string): void {
  checkLabels(labels, scores.length / classes, classes, where);
}
