import { SceneError } from '@ssl-scene/errors';
import { type MultiLabelPrecision, meanAveragePrecision } from './average-precision.ts';
import { binaryProbabilities, exactBinaryObjective, productBinaryObjective } from './binary-objective.ts';
import { inverseCurvature } from './curvature.ts';
import { type Features, rowsOf, selectRows } from './features.ts';
import { isComputedExactly, minimiseObjective, stepWarnings } from './logistic-objective.ts';
import { checkMultiLabels, knownRows, type MultiLabels, SHOWN, UNKNOWN } from './multi-labels.ts';
import {
  checkProbeOptions,
  choiceTolerance,
  choosePenalty,
  type ProbeOptions,
  type TriedPenalty,
} from './penalty-choice.ts';
import { identityStandardisation, type Standardisation, standardisation, standardise } from './standardisation.ts';

export interface MultiLabelProbeOptions extends ProbeOptions {
  /** Features to fit, rows × dimension. */
  readonly train: Features;
  /** What each training row shows, rows × classes. */
  readonly trainLabels: MultiLabels;
  /** Features to judge, rows × dimension. */
  readonly test: Features;
  /** What each test row shows, rows × classes. */
  readonly testLabels: MultiLabels;
  /** Numbers per row. */
  readonly dimension: number;
  readonly classes: number;
}

export interface MultiLabelProbeResult extends MultiLabelPrecision {
  /** Probability of each class for the test rows, rows × classes. */
  readonly scores: Float64Array;
  readonly classifier: MultiLabelClassifier;
  /** The penalty's weight, chosen where several were given. */
  readonly l2: number;
  /** The mean average precision of each of several penalties on the rows that chose; empty where there was one. */
  readonly tried: readonly TriedPenalty[];
  /** Σ log loss over rows and classes + ½·λ·‖W‖² at the end. */
  readonly objective: number;
  readonly iterations: number;
  /** Whether the tolerance was met, or the precision of the arithmetic reached. */
  readonly converged: boolean;
  /** What a reader of the numbers should know. */
  readonly warnings: readonly string[];
}

/** logit of `labels[k]` = weights[k] · (x - mean) / scale + intercepts[k]. */
export interface MultiLabelClassifier extends Standardisation {
  /** Classes that some training rows show and others do not, ascending. */
  readonly labels: Int32Array;
  /** A row per class of `labels`, each `dimension` long. */
  readonly weights: Float64Array;
  /** One number per class of `labels`. */
  readonly intercepts: Float64Array;
}

/**
 * Linear classification of images that show several classes: a logistic regression per class on the same frozen features,
 * all fitted to their optimum at once by L-BFGS. The same as scikit-learn's `OneVsRestClassifier(LogisticRegression(C=1/l2))`
 * behind a `StandardScaler`. A class that all training rows show, or none, cannot be fitted: its score is 1 or 0 for every row.
 */
export function multiLabelProbe(options: MultiLabelProbeOptions): MultiLabelProbeResult {
  const { train, trainLabels, test, testLabels, dimension, classes } = options;
  const trainRows = rowsOf(train, dimension, 'multiLabelProbe, train');
  checkProbeOptions(options, trainRows, 'multiLabelProbe');
  checkMultiLabels(trainLabels, trainRows, classes, 'multiLabelProbe, trainLabels');
  const testRows = rowsOf(test, dimension, 'multiLabelProbe, test');
  checkMultiLabels(testLabels, testRows, classes, 'multiLabelProbe, testLabels');
  const part = (rows: readonly number[]) => selectRows(train, rows, dimension);
  const known = knownRows(trainLabels, classes);
  const labelsOf = (rows: readonly number[]) => selectLabels(trainLabels, rows, classes);
  const { l2, tried } = choosePenalty(options, known, (candidate, fitted, held) => {
    const fitting = { train: part(fitted), trainLabels: labelsOf(fitted), tolerance: choiceTolerance(options) };
    return fitAndTest({ ...options, ...fitting, test: part(held), testLabels: labelsOf(held) }, candidate).mean;
  });
  return { ...fitAndTest({ ...options, train: part(known), trainLabels: labelsOf(known) }, l2), l2, tried };
}

function fitAndTest(options: MultiLabelProbeOptions, l2: number): Omit<MultiLabelProbeResult, 'l2' | 'tried'> {
  const { train, trainLabels, test, testLabels, dimension, classes, maxIterations = 1000, tolerance = 1e-6 } = options;
  const { labels, shares, always } = fittedClasses(trainLabels, classes);
  const rows = train.length / dimension;
  const isStandardised = options.standardise ?? true;
  const map = isStandardised ? standardisation(train, rows, dimension) : identityStandardisation(dimension);
  const targets = columnsOf(trainLabels, classes, labels);
  const problem = { features: standardise(train, map), dimension, targets, classes: labels.length, l2 };
  const exact = isComputedExactly(problem.features, labels.length);
  const minimum = minimiseObjective(exact ? exactBinaryObjective(problem) : productBinaryObjective(problem), {
    parameters: labels.length * (dimension + 1),
    maxIterations,
    tolerance,
    inverseHessian: inverseCurvature({ features: problem.features, dimension, l2, shares, exact }),
  });
  const fitted = binaryProbabilities(standardise(test, map), dimension, minimum.point, labels.length);
  const scores = scatter(fitted, labels, always, classes);
  const split = labels.length * dimension;
  const missing = classes - labels.length;
  return {
    ...meanAveragePrecision(scores, testLabels, classes),
    scores,
    classifier: { ...map, labels, weights: minimum.point.slice(0, split), intercepts: minimum.point.slice(split) },
    objective: minimum.value * rows,
    iterations: minimum.iterations,
    converged: minimum.stopped !== 'iterations',
    warnings: [
      ...stepWarnings(minimum),
      ...(missing > 0 ? [`${missing} of ${classes} classes are shown by no training row, or by all: not fitted.`] : []),
    ],
  };
}

interface FittedClasses {
  /** Classes with rows of either kind, ascending. */
  readonly labels: Int32Array;
  /** Which share of the rows shows each of them. */
  readonly shares: readonly number[];
  /** Classes that every row shows. */
  readonly always: readonly number[];
}

function fittedClasses(labels: MultiLabels, classes: number): FittedClasses {
  const [shown, absent] = [new Int32Array(classes), new Int32Array(classes)];
  for (let i = 0; i < labels.length; i++) {
    if (labels[i] === SHOWN) shown[i % classes]!++;
    else if (labels[i] !== UNKNOWN) absent[i % classes]!++;
  }
  const all = [...shown.keys()];
  const fitted = all.filter((label) => shown[label]! > 0 && absent[label]! > 0);
  if (fitted.length === 0) {
    throw new SceneError({
      code: 'TOO_FEW_CLASSES',
      expected: 'a class that some training rows show and others do not',
      found: `${labels.length / classes} rows with labels`,
      where: 'multiLabelProbe, trainLabels',
      fix: 'Pass labelled rows that differ in what they show.',
    });
  }
  const shares = fitted.map((label) => shown[label]! / (shown[label]! + absent[label]!));
  return {
    labels: Int32Array.from(fitted),
    shares,
    always: all.filter((label) => shown[label]! > 0 && absent[label] === 0),
  };
}

function columnsOf(labels: MultiLabels, classes: number, columns: Int32Array): Int8Array {
  const rows = labels.length / classes;
  return Int8Array.from({ length: rows * columns.length }, (_, i) => {
    const row = Math.floor(i / columns.length);
    return labels[row * classes + columns[i % columns.length]!]!;
  });
}

/** Scores of all classes from those of the fitted ones. */
function scatter(fitted: Float64Array, labels: Int32Array, always: readonly number[], classes: number): Float64Array {
  const rows = fitted.length / labels.length;
  const scores = new Float64Array(rows * classes);
  for (let row = 0; row < rows; row++) {
    for (const label of always) scores[row * classes + label] = 1;
    labels.forEach((label, place) => {
      scores[row * classes + label] = fitted[row * labels.length + place]!;
    });
  }
  return scores;
}

function selectLabels(labels: MultiLabels, rows: readonly number[], classes: number): Int8Array {
  return Int8Array.from({ length: rows.length * classes }, (_, i) => {
    return labels[rows[Math.floor(i / classes)]! * classes + (i % classes)]!;
  });
}
