import { type BadImage, type DatasetSource, openDataset } from '@ssl-scene/datasets';
import { type EvaluatedNetwork, extractFeatures, type LoadingOptions, type Normalisation } from '@ssl-scene/training';
import { boxCropsSource } from './box-crops.ts';
import { boxFeatures } from './box-features.ts';
import type { Config } from './config/config.ts';
import type { EvaluationTarget } from './config/evaluation-schema.ts';
import { classCount, type ItemLabels, imageLabels } from './item-labels.ts';
import { type ObjectBox, objectBoxes } from './object-boxes.ts';

/** How images come to a network that is judged. */
export interface EvaluationSettings {
  readonly evaluation: Config['evaluation'];
  /** Side to which images are resized. */
  readonly size: number;
  readonly normalise: Normalisation;
  readonly workers: number;
  readonly loading?: LoadingOptions;
}

/** A network that is judged. */
export type JudgedNetwork = Pick<EvaluatedNetwork, 'backbone' | 'variables'>;

/** Frozen features with what they are labelled with. */
export interface LabelledFeatures {
  /** rows × dimension */
  readonly features: Float32Array;
  readonly dimension: number;
  readonly labels: ItemLabels;
  /** Of objects, the image of each row: those of one image resemble each other. */
  readonly images?: Int32Array;
}

/** Images or objects with labels, read once for any number of networks. */
export interface EvaluationSet {
  /** Their features; images that cannot be read are left out, with a warning. */
  features(network: JudgedNetwork, onWarning: (text: string) => void): Promise<LabelledFeatures>;
}

/** Opens the images, boxes or crops of a data set. @throws SceneError where they have no labels. */
export async function openEvaluationSet(
  source: DatasetSource,
  on: EvaluationTarget,
  settings: EvaluationSettings,
): Promise<EvaluationSet> {
  if (on === 'images') return imageSet(source, settings);
  return on === 'boxes' ? boxSet(source, settings) : cropSet(source, settings);
}

async function cropSet(source: DatasetSource, settings: EvaluationSettings): Promise<EvaluationSet> {
  const { most } = settings.evaluation.boxes;
  const dataset = await openDataset(source);
  const images = objectBoxes(dataset, most).map(({ image }) => image);
  dataset.close?.();
  return imageSet(boxCropsSource({ source, most }), settings, images);
}

/** @param images where items are objects, the image of each. */
async function imageSet(
  source: DatasetSource,
  settings: EvaluationSettings,
  images?: readonly number[],
): Promise<EvaluationSet> {
  const dataset = await openDataset(source);
  const labels = imageLabels(dataset);
  dataset.close?.();
  const { size, normalise, workers, loading } = settings;
  return {
    async features(network, onWarning) {
      const { features, indices, dimension } = await extractFeatures({
        ...network,
        source,
        size,
        normalise,
        workers,
        ...(loading && { loading }),
        onBadImage: 'skip',
        onLeftOut: (images) => warnOf(images, onWarning),
      });
      const ofImages = images && { images: Int32Array.from(indices, (index) => images[index]!) };
      return { features, dimension, labels: selectItems(labels, indices), ...ofImages };
    },
  };
}

async function boxSet(source: DatasetSource, settings: EvaluationSettings): Promise<EvaluationSet> {
  const dataset = await openDataset(source);
  const boxes = objectBoxes(dataset, settings.evaluation.boxes.most);
  const relative = await Promise.all(boxes.map((item) => relativeBox(dataset, item)));
  const labels = Int32Array.from(boxes, ({ box }) => box.label);
  const classes = classCount(dataset, labels);
  dataset.close?.();
  return {
    async features(network, onWarning) {
      const { features, places, dimension } = await boxFeatures(network, source, relative, settings, (images) =>
        warnOf(images, onWarning),
      );
      const images = Int32Array.from(places, (place) => boxes[place]!.image);
      return { features, dimension, images, labels: selectItems({ kind: 'one', labels, classes }, places) };
    },
  };
}

async function relativeBox(
  dataset: Awaited<ReturnType<typeof openDataset>>,
  { image, box }: ObjectBox,
): Promise<ObjectBox> {
  const { width, height } = dataset.size?.(image) ?? (await dataset.pixels(image));
  return { image, box: { ...box, x0: box.x0 / width, x1: box.x1 / width, y0: box.y0 / height, y1: box.y1 / height } };
}

function selectItems(items: ItemLabels, indices: ArrayLike<number>): ItemLabels {
  if (items.kind === 'one') {
    return { ...items, labels: Int32Array.from(indices, (index) => items.labels[index]!) };
  }
  const { classes, labels } = items;
  return {
    ...items,
    labels: Int8Array.from(
      { length: indices.length * classes },
      (_, i) => labels[indices[Math.floor(i / classes)]! * classes + (i % classes)]!,
    ),
  };
}

function warnOf(images: readonly BadImage[], onWarning: (text: string) => void): void {
  if (images.length === 0) return;
  const { id, code } = images[0]!;
  onWarning(`${images.length} images could not be read and are left out, for example ${id} (${code}).`);
}
