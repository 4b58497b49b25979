import { tf } from '@ssl-scene/tensors';
import type { Features } from './features.ts';
import type { Evaluation } from './line-search.ts';
import { type LogisticObjective, regularised } from './logistic-objective.ts';
import { SHOWN, UNKNOWN } from './multi-labels.ts';
import { readTensors } from './read-tensors.ts';

/** What one logistic regression per class is fitted to, all of them on the same features. */
export interface BinaryProblem {
  /** rows × dimension */
  readonly features: Features;
  readonly dimension: number;
  /** rows × classes: 1, 0, or -1 where the row says nothing of the class. */
  readonly targets: Int8Array;
  readonly classes: number;
  /** λ of ½·λ·‖W‖². */
  readonly l2: number;
}

/** Σ log loss over rows and classes, plus the penalty, over the rows; a weight row per class, then an intercept per class. */
export function exactBinaryObjective(problem: BinaryProblem): LogisticObjective {
  const { features, dimension, targets, classes, l2 } = problem;
  const rows = targets.length / classes;
  const weights = classes * dimension;
  const evaluate = (point: Float64Array): Evaluation => {
    const gradient = new Float64Array(point.length);
    let loss = 0;
    for (let row = 0; row < rows; row++) {
      const start = row * dimension;
      for (let label = 0; label < classes; label++) {
        const target = targets[row * classes + label]!;
        if (target === UNKNOWN) continue;
        const logit = logitOf(features, start, dimension, point, label, classes);
        loss += softplus(logit) - target * logit;
        const residual = sigmoid(logit) - target;
        const offset = label * dimension;
        for (let i = 0; i < dimension; i++) gradient[offset + i]! += residual * features[start + i]!;
        gradient[weights + label]! += residual;
      }
    }
    return regularised({ rows, weights, loss, gradient }, l2, point);
  };
  return { evaluate, valueError: 1e-14, dispose() {} };
}

/** The same by float32 matrix products on the current backend; sums of losses in double precision. */
export function productBinaryObjective(problem: BinaryProblem): LogisticObjective {
  const { features, dimension, targets, classes, l2 } = problem;
  const rows = targets.length / classes;
  const weights = classes * dimension;
  const matrix = (values: Int8Array, of: (value: number) => number): tf.Tensor2D =>
    tf.tensor2d(Float32Array.from(values, of), [rows, classes]);
  const x = tf.tensor2d(features as Float32Array, [rows, dimension]);
  const wanted = matrix(targets, (target) => (target === SHOWN ? 1 : 0));
  const known = matrix(targets, (target) => (target === UNKNOWN ? 0 : 1));
  const evaluate = (point: Float64Array): Evaluation => {
    const [losses, weightGradient, interceptGradient] = readTensors(() => {
      const w = tf.tensor2d(Float32Array.from(point.subarray(0, weights)), [classes, dimension]);
      const b = tf.tensor1d(Float32Array.from(point.subarray(weights)));
      const logits = tf.add(tf.matMul(x, w, false, true), b);
      const each = tf.sub(tf.softplus(logits), tf.mul(wanted, logits));
      const residuals = tf.mul(tf.sub(tf.sigmoid(logits), wanted), known) as tf.Tensor2D;
      return [tf.sum(tf.mul(each, known), 1), tf.matMul(residuals, x, true, false), tf.sum(residuals, 0)];
    }) as [Float32Array, Float32Array, Float32Array];
    const gradient = new Float64Array(point.length);
    gradient.set(weightGradient);
    gradient.set(interceptGradient, weights);
    const loss = losses.reduce((sum, value) => sum + value, 0);
    return regularised({ rows, weights, loss, gradient }, l2, point);
  };
  return { evaluate, valueError: 1e-6, dispose: () => tf.dispose([x, wanted, known]) };
}

/** Probability of each class for each row, rows × classes, in double precision. */
export function binaryProbabilities(
  features: Features,
  dimension: number,
  point: Float64Array,
  classes: number,
): Float64Array {
  const result = new Float64Array((features.length / dimension) * classes);
  for (let i = 0; i < result.length; i++) {
    const row = Math.floor(i / classes);
    result[i] = sigmoid(logitOf(features, row * dimension, dimension, point, i % classes, classes));
  }
  return result;
}

function logitOf(
  features: Features,
  start: number,
  dimension: number,
  point: Float64Array,
  label: number,
  classes: number,
): number {
  let sum = point[classes * dimension + label]!;
  const offset = label * dimension;
  for (let i = 0; i < dimension; i++) sum += point[offset + i]! * features[start + i]!;
  return sum;
}

const sigmoid = (logit: number): number => 1 / (1 + Math.exp(-logit));

/** log(1 + exp(x)), for any size of x. */
const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
