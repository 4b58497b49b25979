import { SceneError } from '@ssl-scene/errors';
import {
  featureStd,
  linearProbe,
  multiLabelKnn,
  multiLabelProbe,
  rankMe,
  uniformity,
  weightedKnn,
} from '@ssl-scene/evaluators';
import type { Config } from './config/config.ts';
import type { LabelledFeatures } from './evaluation-set.ts';

type Evaluation = Config['evaluation'];

/** What a kNN finds, in percent: accuracy or, where images show several classes, mean average precision. */
export interface KnnMeasures {
  readonly metric: 'accuracy' | 'mAP';
  /** What needs no features: always the bank's commonest class, or a ranking at random. */
  readonly chance: number;
  readonly knn: number;
  /** With each number of neighbours that was asked for. */
  readonly knnByK: readonly { readonly k: number; readonly knn: number }[];
  /** Average precision of all images and classes ranked together; of mAP only. */
  readonly knnMicro?: number;
}

/** What a linear probe finds, in percent. */
export interface LinearMeasures {
  readonly linear: number;
  /** As `knnMicro`. */
  readonly linearMicro?: number;
  /** The penalty, chosen where several were given. */
  readonly l2: number;
}

/** What features say without labels. */
export interface LabelFreeMeasures {
  /** RankMe: how many dimensions the test features fill, of so many rows. */
  readonly rankMe: number;
  readonly labelFreeRows: number;
  /** Uniformity (t = 2): 0 where all features are equal, lower where they spread. */
  readonly uniformity: number;
  /** Mean deviation of features at length 1, times √dimension: 0 at collapse, near 1 where they spread evenly. */
  readonly featureStd: number;
  readonly dimension: number;
}

type OnWarning = (text: string) => void;

/** Neighbours from the bank judge the test features, or the first `knnTestImages` of them. */
export function measureKnn(
  bank: LabelledFeatures,
  test: LabelledFeatures,
  { neighbours, temperature, knnTestImages = Number.POSITIVE_INFINITY }: Evaluation,
  onWarning: OnWarning,
): KnnMeasures {
  const { dimension } = bank;
  const [known, asked] = [bank.labels, test.labels];
  const count = Math.min(knnTestImages, test.features.length / dimension);
  const queries = test.features.subarray(0, count * dimension);
  const { classes } = asked;
  const shared = { bank: bank.features, queries, dimension, classes, k: neighbours, temperature };
  if (known.kind === 'one' && asked.kind === 'one') {
    const labels = { bankLabels: known.labels, queryLabels: asked.labels.subarray(0, count) };
    const { accuracy, byK, warnings } = weightedKnn({ ...shared, ...labels });
    warnings.forEach(onWarning);
    const knnByK = byK.map((item) => ({ k: item.k, knn: 100 * item.accuracy }));
    return {
      metric: 'accuracy',
      chance: commonestShare(known.labels, labels.queryLabels),
      knn: 100 * accuracy,
      knnByK,
    };
  }
  if (known.kind === 'several' && asked.kind === 'several') {
    const labels = { bankLabels: known.labels, queryLabels: asked.labels.subarray(0, count * classes) };
    const { mean, micro, byK, warnings } = multiLabelKnn({ ...shared, ...labels });
    warnings.forEach(onWarning);
    const knnByK = byK.map((item) => ({ k: item.k, knn: 100 * item.mean }));
    return {
      metric: 'mAP',
      chance: meanShare(labels.queryLabels, classes),
      knn: 100 * mean,
      knnByK,
      knnMicro: 100 * micro,
    };
  }
  throw differentLabels(known.kind, asked.kind);
}

/** Percent of the labelled test rows that show the bank's commonest class. */
function commonestShare(bank: Int32Array, test: Int32Array): number {
  const counts = new Map<number, number>();
  for (const label of bank) if (label >= 0) counts.set(label, (counts.get(label) ?? 0) + 1);
  const [commonest] = [...counts].reduce((a, b) => (b[1] > a[1] ? b : a));
  const labelled = test.filter((label) => label >= 0);
  return (100 * labelled.filter((label) => label === commonest).length) / labelled.length;
}

/** Percent of the rows that show a class, on average over the classes that occur: the mean average precision of chance. */
function meanShare(labels: Int8Array, classes: number): number {
  const shares: number[] = [];
  for (let label = 0; label < classes; label++) {
    const known = labels.filter((mark, i) => i % classes === label && mark >= 0);
    const shown = known.filter((mark) => mark === 1).length;
    if (shown > 0) shares.push(shown / known.length);
  }
  return (100 * shares.reduce((sum, share) => sum + share, 0)) / shares.length;
}

/** A linear classifier fitted to the bank judges the test features. */
export function measureLinear(
  bank: LabelledFeatures,
  test: LabelledFeatures,
  { l2, linearIterations }: Evaluation,
  onWarning: OnWarning,
): LinearMeasures {
  const [known, asked] = [bank.labels, test.labels];
  const shared = {
    train: bank.features,
    test: test.features,
    dimension: bank.dimension,
    classes: asked.classes,
    l2,
    maxIterations: linearIterations,
    ...(bank.images && { groups: bank.images }),
  };
  if (known.kind === 'one' && asked.kind === 'one') {
    const result = linearProbe({ ...shared, trainLabels: known.labels, testLabels: asked.labels });
    result.warnings.forEach(onWarning);
    return { linear: 100 * result.accuracy, l2: result.l2 };
  }
  if (known.kind === 'several' && asked.kind === 'several') {
    const result = multiLabelProbe({ ...shared, trainLabels: known.labels, testLabels: asked.labels });
    result.warnings.forEach(onWarning);
    return { linear: 100 * result.mean, linearMicro: 100 * result.micro, l2: result.l2 };
  }
  throw differentLabels(known.kind, asked.kind);
}

function differentLabels(bank: string, test: string): SceneError {
  return new SceneError({
    code: 'LABEL_KINDS',
    expected: 'a bank and a test set that are labelled alike',
    found: `${bank} class per image in the bank, ${test} in the test set`,
    where: 'evaluation',
    fix: 'Name a data set of which both parts are labelled.',
  });
}

/** More rows say little more and take much longer. */
const LABEL_FREE_ROWS = 2000;

/** Of test features, evenly taken where there are many. */
export function measureWithoutLabels({ features, dimension }: LabelledFeatures): LabelFreeMeasures {
  const rows = features.length / dimension;
  const taken = Math.min(rows, LABEL_FREE_ROWS);
  const some = new Float32Array(taken * dimension);
  for (let row = 0; row < taken; row++) {
    const from = Math.floor((row * rows) / taken) * dimension;
    some.set(features.subarray(from, from + dimension), row * dimension);
  }
  const { normalised, isotropic } = featureStd(some, dimension);
  return {
    rankMe: rankMe(some, dimension),
    labelFreeRows: taken,
    uniformity: uniformity(some, dimension),
    featureStd: normalised / isotropic,
    dimension,
  };
}
