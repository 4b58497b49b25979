import { SceneError } from '@ssl-scene/errors';
import { accuracyOf } from './accuracy.ts';
import { inverseCurvature } from './curvature.ts';
import { type Features, rowsOf, selectRows } from './features.ts';
import { labelledPlaces } from './labelled-rows.ts';
import { checkLabels, type Labels } from './labels.ts';
import type { Minimum } from './lbfgs.ts';
import {
  exactObjective,
  isComputedExactly,
  type LogisticProblem,
  minimiseObjective,
  probabilitiesOf,
  productObjective,
  stepWarnings,
  weightRows,
} from './logistic-objective.ts';
import {
  checkProbeOptions,
  choiceTolerance,
  choosePenalty,
  type ProbeOptions,
  type TriedPenalty,
} from './penalty-choice.ts';
import { identityStandardisation, type Standardisation, standardisation, standardise } from './standardisation.ts';

export interface LinearProbeOptions extends ProbeOptions {
  /** Features to fit, rows × dimension. */
  readonly train: Features;
  /** Class of each training row; rows labelled -1 are left out. */
  readonly trainLabels: Labels;
  /** Features to classify, rows × dimension. */
  readonly test: Features;
  /** Class of each test row; rows labelled -1 do not count. Default: no accuracy. */
  readonly testLabels?: Labels;
  /** Numbers per row. */
  readonly dimension: number;
  /** Number of classes, also of those that the labels happen not to show. */
  readonly classes: number;
}

export interface LinearProbeResult {
  /** Share of the labelled test rows whose prediction is right; NaN where there are none. */
  readonly accuracy: number;
  /** The same on the training rows. */
  readonly trainAccuracy: number;
  /** Class of each test row. */
  readonly predictions: Int32Array;
  /** Probabilities of the test rows, rows × classes; 0 for a class that has no training row. */
  readonly scores: Float64Array;
  readonly classifier: LinearClassifier;
  /** The penalty's weight, chosen where several were given. */
  readonly l2: number;
  /** The accuracy of each of several penalties on the rows that chose; empty where there was one. */
  readonly tried: readonly TriedPenalty[];
  /** Σ log loss + ½·λ·‖W‖² at the end. */
  readonly objective: number;
  /** Largest component of the gradient of the objective divided by the rows. */
  readonly gradientNorm: number;
  readonly iterations: number;
  /** Whether the tolerance was met, or the precision of the arithmetic reached. */
  readonly converged: boolean;
  /** What a reader of the numbers should know. */
  readonly warnings: readonly string[];
}

/** logit of `labels[k]` = weights[k] · (x - mean) / scale + intercepts[k]. */
export interface LinearClassifier extends Standardisation {
  /** Classes that have training rows, ascending. */
  readonly labels: Int32Array;
  /** A row per class of `labels`, each `dimension` long; with two classes one row, for the second (the first has logit 0). */
  readonly weights: Float64Array;
  /** One number per weight row. */
  readonly intercepts: Float64Array;
}

/**
 * Linear classification on frozen features: multinomial logistic regression, fitted to its optimum by L-BFGS. The same
 * optimum as scikit-learn's `LogisticRegression(C=1/l2)`, behind a `StandardScaler` by default; two classes are fitted
 * with one weight row, as there.
 *
 * Float64Arrays, small problems and the `cpu` backend are computed in double precision; otherwise float32 products run
 * on the current backend, as scikit-learn computes float32 arrays in float32.
 */
export function linearProbe(options: LinearProbeOptions): LinearProbeResult {
  const { dimension, classes, trainLabels, testLabels } = options;
  const trainRows = rowsOf(options.train, dimension, 'linearProbe, train');
  checkProbeOptions(options, trainRows, 'linearProbe');
  const testRows = rowsOf(options.test, dimension, 'linearProbe, test');
  checkLabels(trainLabels, trainRows, classes, 'linearProbe, trainLabels');
  if (testLabels) checkLabels(testLabels, testRows, classes, 'linearProbe, testLabels');
  const part = (rows: readonly number[]) => selectRows(options.train, rows, dimension);
  const labelsOf = (rows: readonly number[]) => Int32Array.from(rows, (row) => trainLabels[row]!);
  const labelled = labelledPlaces(trainLabels);
  const { l2, tried } = choosePenalty(options, labelled, (candidate, fitted, held) => {
    const fitting = { train: part(fitted), trainLabels: labelsOf(fitted), tolerance: choiceTolerance(options) };
    return fitAndTest({ ...options, ...fitting, test: part(held), testLabels: labelsOf(held) }, candidate).accuracy;
  });
  return { ...fitAndTest({ ...options, train: part(labelled), trainLabels: labelsOf(labelled) }, l2), l2, tried };
}

/** @param options with labelled training rows only. */
function fitAndTest(options: LinearProbeOptions, l2: number): Omit<LinearProbeResult, 'l2' | 'tried'> {
  const { train, trainLabels, test, testLabels, dimension, classes, maxIterations = 1000, tolerance = 1e-6 } = options;
  const { labels, targets } = numberClasses(trainLabels);
  const map =
    (options.standardise ?? true)
      ? standardisation(train, targets.length, dimension)
      : identityStandardisation(dimension);
  const problem = { features: standardise(train, map), dimension, targets, classes: labels.length, l2 };
  const minimum = fit(problem, maxIterations, tolerance);
  const trained = classify(problem.features, dimension, minimum.point, labels, classes);
  const tested = classify(standardise(test, map), dimension, minimum.point, labels, classes);
  const split = weightRows(labels.length) * dimension;
  return {
    accuracy: accuracyOf(tested.predictions, testLabels),
    trainAccuracy: accuracyOf(trained.predictions, trainLabels),
    ...tested,
    classifier: { ...map, labels, weights: minimum.point.slice(0, split), intercepts: minimum.point.slice(split) },
    objective: minimum.value * targets.length,
    gradientNorm: minimum.gradientNorm,
    iterations: minimum.iterations,
    converged: minimum.stopped !== 'iterations',
    warnings: [
      ...stepWarnings(minimum),
      ...(labels.length < classes
        ? [`${classes - labels.length} of ${classes} classes have no training row and are never predicted.`]
        : []),
    ],
  };
}

/** Classes that occur, ascending, and each row's place among them. */
function numberClasses(rowLabels: Labels): { labels: Int32Array; targets: Int32Array } {
  const labels = Int32Array.from(new Set(rowLabels)).sort();
  if (labels.length < 2) {
    throw new SceneError({
      code: 'TOO_FEW_CLASSES',
      expected: 'training rows of at least two classes',
      found: labels.length === 0 ? 'no labelled row' : `only class ${labels[0]}`,
      where: 'linearProbe, trainLabels',
      fix: 'Pass labelled rows of several classes.',
    });
  }
  const placeOf = new Map([...labels].map((label, place) => [label, place]));
  return { labels, targets: Int32Array.from(rowLabels, (label) => placeOf.get(label)!) };
}

function fit(problem: LogisticProblem, maxIterations: number, tolerance: number): Minimum {
  const { features, dimension, targets, classes, l2 } = problem;
  const weights = weightRows(classes);
  const exact = isComputedExactly(features, weights);
  const rowsOfClass = new Int32Array(classes);
  for (const target of targets) rowsOfClass[target]!++;
  const shares = Array.from(rowsOfClass.subarray(classes - weights), (count) => count / targets.length);
  return minimiseObjective(exact ? exactObjective(problem) : productObjective(problem), {
    parameters: weights * (dimension + 1),
    maxIterations,
    tolerance,
    inverseHessian: inverseCurvature({ features, dimension, l2, shares, exact }),
  });
}

function classify(
  features: Features,
  dimension: number,
  point: Float64Array,
  labels: Int32Array,
  classes: number,
): { predictions: Int32Array; scores: Float64Array } {
  const fitted = probabilitiesOf(features, dimension, point, labels.length);
  const rows = features.length / dimension;
  const scores = new Float64Array(rows * classes);
  const predictions = new Int32Array(rows);
  for (let row = 0; row < rows; row++) {
    let best = 0;
    for (let k = 0; k < labels.length; k++) {
      const probability = fitted[row * labels.length + k]!;
      scores[row * classes + labels[k]!] = probability;
      if (probability > fitted[row * labels.length + best]!) best = k;
    }
    predictions[row] = labels[best]!;
  }
  return { predictions, scores };
}
