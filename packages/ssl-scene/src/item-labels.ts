import type { ImageDataset, LabelledBox } from '@ssl-scene/datasets';
import { SceneError } from '@ssl-scene/errors';
import { multiLabels } from '@ssl-scene/evaluators';

/** Labels of images or boxes: one class each (-1 = none), or the set of classes that each shows (see `MultiLabels`). */
export type ItemLabels =
  | { readonly kind: 'one'; readonly classes: number; readonly labels: Int32Array }
  | { readonly kind: 'several'; readonly classes: number; readonly labels: Int8Array };

/**
 * What the images of a data set are labelled with: their class where the set has one an image, else the classes of their
 * objects. Crowds count as shown. A class of which there are only objects that evaluators ignore (Pascal VOC's difficult
 * ones) is not known. An image without objects shows none of the classes: it counts as a negative of each.
 *
 * @throws SceneError NO_LABELS
 */
export function imageLabels(dataset: ImageDataset): ItemLabels {
  const labels = Int32Array.from({ length: dataset.length }, (_, index) => dataset.label(index));
  if (labels.some((label) => label >= 0)) return { kind: 'one', labels, classes: classCount(dataset, labels) };
  if (!dataset.boxes && !dataset.labels) throw noLabels(dataset);
  const shown = Array.from(labels, (_, index) => shownBy(dataset, index));
  const classes = dataset.classNames?.length ?? 1 + Math.max(...shown.flatMap((image) => [...image.shown]));
  const unknown = shown.map((image) => image.unknown);
  return {
    kind: 'several',
    classes,
    labels: multiLabels(
      shown.map((image) => image.shown),
      classes,
      { unknown },
    ),
  };
}

/** Number of classes: those with names, or as many as the labels show. */
export function classCount({ classNames }: ImageDataset, labels: Int32Array): number {
  return classNames && classNames.length > 0 ? classNames.length : labels.reduce((a, b) => Math.max(a, b), -1) + 1;
}

interface ShownClasses {
  readonly shown: Iterable<number>;
  readonly unknown: Iterable<number>;
}

function shownBy(dataset: ImageDataset, index: number): ShownClasses {
  if (!dataset.boxes) return { shown: dataset.labels!(index), unknown: [] };
  const classesOf = (boxes: readonly LabelledBox[]): number[] =>
    boxes.map(({ label }) => label).filter((label) => label >= 0);
  const [ignored, counted] = [true, false].map((flag) =>
    dataset.boxes!(index).filter(({ difficult = false }) => difficult === flag),
  ) as [LabelledBox[], LabelledBox[]];
  return { shown: classesOf(counted), unknown: classesOf(ignored) };
}

function noLabels({ name }: ImageDataset): SceneError {
  return new SceneError({
    code: 'NO_LABELS',
    expected: 'images with a class, or with labelled boxes',
    found: 'neither',
    where: name,
    fix: 'Features are judged by labels: name a labelled data set with --data.',
  });
}
