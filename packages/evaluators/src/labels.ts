import { SceneError } from '@ssl-scene/errors';

/** Class numbers from 0; -1 stands for an unlabelled image. */
export type Labels = Int32Array | Uint8Array | Uint32Array | readonly number[];

/** Throws unless there is one label per row, each -1 or below `classes`. */
export function checkLabels(labels: Labels, rows: number, classes: number, where: string): void {
  checkClassCount(classes, where);
  if (labels.length !== rows) {
    throw new SceneError({
      code: 'LABEL_COUNT',
      expected: `${rows} labels, one per row of features`,
      found: `${labels.length}`,
      where,
      fix: 'Pass labels and features of the same images in the same order.',
    });
  }
  for (let row = 0; row < rows; row++) {
    const label = labels[row]!;
    if (Number.isInteger(label) && label >= -1 && label < classes) continue;
    throw new SceneError({
      code: 'LABEL_RANGE',
      expected: `a class from 0 to ${classes - 1}, or -1 for unlabelled`,
      found: `${label} for row ${row}`,
      where,
      fix: 'Correct the labels or the number of classes.',
    });
  }
}

function checkClassCount(classes: number, where: string): void {
  if (Number.isInteger(classes) && classes >= 1) return;
  throw new SceneError({
    code: 'CLASS_COUNT',
    expected: 'the number of classes, a whole number of at least 1',
    found: String(classes),
    where,
    fix: 'State it: the labels at hand need not show every class.',
  });
}
