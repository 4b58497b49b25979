import { SceneError } from '@ssl-scene/errors';

/**
 * Which classes each image shows, rows × classes: 1 = shown, 0 = not shown, -1 = not known (an object that nobody judged, or
 * an image without labels: -1 throughout). What is not known neither votes nor trains nor counts.
 */
export type MultiLabels = Int8Array | Int32Array | readonly number[];

/** Marks of {@link MultiLabels}. */
export const [SHOWN, UNKNOWN] = [1, -1];

export interface MultiLabelsOptions {
  /** Classes of each image that are not known, instead of not shown; a class listed as shown stays shown. Default none. */
  readonly unknown?: readonly (Iterable<number> | undefined)[];
}

/**
 * {@link MultiLabels} from lists of the classes that each image shows.
 *
 * @param shown the classes of each image, in any order and any number of times; empty for an image that shows none of them,
 * `undefined` for an image without labels.
 */
export function multiLabels(
  shown: readonly (Iterable<number> | undefined)[],
  classes: number,
  { unknown = [] }: MultiLabelsOptions = {},
): Int8Array {
  const labels = new Int8Array(shown.length * classes);
  const mark = (row: number, marked: Iterable<number>, value: number): void => {
    for (const label of marked) {
      checkClass(label, classes, row);
      labels[row * classes + label] = value;
    }
  };
  shown.forEach((ofImage, row) => {
    if (ofImage === undefined) labels.fill(UNKNOWN, row * classes, (row + 1) * classes);
    mark(row, unknown[row] ?? [], UNKNOWN);
    mark(row, ofImage ?? [], SHOWN);
  });
  return labels;
}

function checkClass(label: number, classes: number, row: number): void {
  if (Number.isInteger(label) && label >= 0 && label < classes) return;
  throw new SceneError({
    code: 'LABEL_RANGE',
    expected: `a class from 0 to ${classes - 1}`,
    found: `${label} for image ${row}`,
    where: 'multiLabels',
    fix: 'Correct the labels or the number of classes.',
  });
}

/** Throws unless there are rows × classes marks of 1, 0 or -1. */
export function checkMultiLabels(labels: MultiLabels, rows: number, classes: number, where: string): void {
  if (!Number.isInteger(classes) || classes < 1 || labels.length !== rows * classes) {
    throw new SceneError({
      code: 'LABEL_COUNT',
      expected: `${rows} × ${classes} marks, a row of classes for each row of features`,
      found: `${labels.length}`,
      where,
      fix: 'Pass the labels and features of the same images in the same order; `multiLabels` makes them from lists.',
    });
  }
  for (let i = 0; i < labels.length; i++) {
    const mark = labels[i]!;
    if (mark === 0 || mark === SHOWN || mark === UNKNOWN) continue;
    throw new SceneError({
      code: 'LABEL_RANGE',
      expected: '1 (shown), 0 (not shown) or -1 (not known)',
      found: `${mark} for row ${Math.floor(i / classes)}, class ${i % classes}`,
      where,
      fix: 'Correct the labels.',
    });
  }
}

/** Rows of which at least one class is known. */
export function knownRows(labels: MultiLabels, classes: number): number[] {
  const known: number[] = [];
  for (let row = 0; row < labels.length / classes; row++) {
    for (let label = 0; label < classes; label++) {
      if (labels[row * classes + label] === UNKNOWN) continue;
      known.push(row);
      break;
    }
  }
  return known;
}
