import { SceneError } from '@ssl-scene/errors';
import { tf } from '@ssl-scene/tensors';
import { accuracyOf } from './accuracy.ts';
import { type Features, rowsOf } from './features.ts';
import { labelledRows } from './labelled-rows.ts';
import { checkLabels, type Labels } from './labels.ts';
import { type Minimum, minimise } from './lbfgs.ts';
import {
  exactObjective,
  type LogisticProblem,
  probabilitiesOf,
  productObjective,
  weightRows,
} from './logistic-objective.ts';
import { identityStandardisation, type Standardisation, standardisation, standardise } from './standardisation.ts';

/** Multiplications per evaluation below which plain double precision is fast enough. */
const EXACT_WORK = 2e6;

export interface LinearProbeOptions {
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
  /**
   * λ: the fit minimises Σ log loss + ½·λ·‖W‖², a sum and not a mean over the rows, intercepts free; λ = 1/C of
   * scikit-learn. Above 0. Default 1.
   */
  readonly l2?: number;
  /**
   * Subtract the training mean from each column and divide by the training deviation, in both sets. Default true;
   * without it the penalty's weight depends on the features' scale.
   */
  readonly standardise?: boolean;
  /** Most steps of L-BFGS. Default 1000. */
  readonly maxIterations?: number;
  /** Stop once no component of the gradient of the objective divided by the rows exceeds this. Default 1e-6. */
  readonly tolerance?: number;
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
  const { dimension, classes, testLabels, l2 = 1, maxIterations = 1000, tolerance = 1e-6 } = options;
  checkNumbers({ l2, tolerance, maxIterations });
  const testRows = rowsOf(options.test, dimension, 'linearProbe, test');
  checkLabels(
    options.trainLabels,
    rowsOf(options.train, dimension, 'linearProbe, train'),
    classes,
    'linearProbe, trainLabels',
  );
  if (testLabels) checkLabels(testLabels, testRows, classes, 'linearProbe, testLabels');
  const { features, labels: trainLabels } = labelledRows(options.train, options.trainLabels, dimension);
  const { labels, targets } = numberClasses(trainLabels);
  const map =
    (options.standardise ?? true)
      ? standardisation(features, targets.length, dimension)
      : identityStandardisation(dimension);
  const problem = { features: standardise(features, map), dimension, targets, classes: labels.length, l2 };
  const minimum = fit(problem, maxIterations, tolerance);
  const trained = classify(problem.features, dimension, minimum.point, labels, classes);
  const tested = classify(standardise(options.test, map), dimension, minimum.point, labels, classes);
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
    warnings: warningsFor(minimum, labels.length, classes),
  };
}

function checkNumbers(numbers: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(numbers)) {
    if (Number.isFinite(value) && value > 0) continue;
    throw new SceneError({
      code: 'PROBE_OPTION',
      expected: 'a finite number above 0',
      found: String(value),
      where: `linearProbe, option ${name}`,
      fix: `Correct ${name}.`,
    });
  }
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
  const weights = weightRows(problem.classes);
  const exact =
    problem.features instanceof Float64Array ||
    problem.features.length * weights <= EXACT_WORK ||
    tf.getBackend() === 'cpu';
  const objective = exact ? exactObjective(problem) : productObjective(problem);
  try {
    return minimise(objective.evaluate, new Float64Array(weights * (problem.dimension + 1)), {
      tolerance,
      maxIterations,
      valueError: objective.valueError,
    });
  } finally {
    objective.dispose();
  }
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

function warningsFor({ stopped, iterations, gradientNorm }: Minimum, present: number, classes: number): string[] {
  const warnings: string[] = [];
  if (stopped === 'iterations') {
    warnings.push(
      `The fit stopped after ${iterations} steps with a gradient of ${gradientNorm.toExponential(1)}; raise maxIterations.`,
    );
  }
  if (present < classes)
    warnings.push(`${classes - present} of ${classes} classes have no training row and are never predicted.`);
  return warnings;
}
