import { type Tensor, tf } from '@ssl-scene/tensors';
import type { Features } from './features.ts';
import { type MinimiseOptions, type Minimum, minimise } from './lbfgs.ts';
import type { Evaluation, Objective } from './line-search.ts';
import { readTensors } from './read-tensors.ts';

/** What multinomial logistic regression is fitted to. */
export interface LogisticProblem {
  /** rows × dimension */
  readonly features: Features;
  readonly dimension: number;
  /** From 0 to classes - 1, one per row. */
  readonly targets: Int32Array;
  readonly classes: number;
  /** λ of ½·λ·‖W‖². */
  readonly l2: number;
}

/**
 * (Σ log loss + ½·λ·‖W‖²) / rows as a function of a point: a weight row per class, then an intercept per class. With two
 * classes there is one weight row and class 0 has the logit 0.
 */
export interface LogisticObjective {
  readonly evaluate: Objective;
  /** Relative error of its values. */
  readonly valueError: number;
  dispose(): void;
}

/** Multiplications per evaluation below which plain double precision is fast enough. */
const EXACT_WORK = 2e6;

/** Whether a problem with so many weight rows is computed in double precision, not by float32 products. */
export function isComputedExactly(features: Features, weightRows: number): boolean {
  return features instanceof Float64Array || features.length * weightRows <= EXACT_WORK || tf.getBackend() === 'cpu';
}

/** The minimum of an objective, from 0; disposes of the objective. */
export function minimiseObjective(
  objective: LogisticObjective,
  { parameters, ...options }: Omit<MinimiseOptions, 'valueError'> & { readonly parameters: number },
): Minimum {
  try {
    const start = new Float64Array(parameters);
    return minimise(objective.evaluate, start, { ...options, valueError: objective.valueError });
  } finally {
    objective.dispose();
  }
}

/** A fit that ran out of steps says so. */
export function stepWarnings({ stopped, iterations, gradientNorm }: Minimum): string[] {
  if (stopped !== 'iterations') return [];
  return [
    `The fit stopped after ${iterations} steps with a gradient of ${gradientNorm.toExponential(1)}; raise maxIterations.`,
  ];
}

/** Number of weight rows for a number of classes. */
export const weightRows = (classes: number): number => (classes === 2 ? 1 : classes);

/** Computed in double precision by plain code. */
export function exactObjective(problem: LogisticProblem): LogisticObjective {
  const { features, dimension, targets, classes, l2 } = problem;
  const weights = weightRows(classes);
  const evaluate = (point: Float64Array): Evaluation => {
    const gradient = new Float64Array(point.length);
    const logits = new Float64Array(classes);
    let loss = 0;
    for (let row = 0; row < targets.length; row++) {
      const start = row * dimension;
      rowLogits(features, start, dimension, point, logits);
      const target = targets[row]!;
      const logSum = logSumExp(logits);
      loss += logSum - logits[target]!;
      for (let k = 0; k < weights; k++) {
        const label = classes - weights + k;
        const residual = Math.exp(logits[label]! - logSum) - (label === target ? 1 : 0);
        const offset = k * dimension;
        for (let i = 0; i < dimension; i++) gradient[offset + i]! += residual * features[start + i]!;
        gradient[weights * dimension + k]! += residual;
      }
    }
    return regularised({ rows: targets.length, weights: weights * dimension, loss, gradient }, l2, point);
  };
  return { evaluate, valueError: 1e-14, dispose() {} };
}

/** Computed by float32 matrix products on the current backend; sums of losses in double precision. */
export function productObjective(problem: LogisticProblem): LogisticObjective {
  const { features, dimension, targets, classes, l2 } = problem;
  const rows = targets.length;
  const weights = weightRows(classes);
  const x = tf.tensor2d(features as Float32Array, [rows, dimension]);
  const wanted = tf.tidy(() => tf.cast(tf.oneHot(tf.tensor1d(targets, 'int32'), classes), 'float32'));
  const evaluate = (point: Float64Array): Evaluation => {
    const [losses, weightGradient, interceptGradient] = readTensors(() => {
      const logits = productLogits(x, point, classes);
      const shifted = tf.sub(logits, tf.max(logits, 1, true));
      const exponentials = tf.exp(shifted);
      const sums = tf.sum(exponentials, 1, true);
      const rowLosses = tf.sub(tf.log(tf.squeeze(sums, [1])), tf.sum(tf.mul(shifted, wanted), 1));
      const residuals = tf.slice(tf.sub(tf.div(exponentials, sums), wanted), [0, classes - weights], [rows, weights]);
      const byWeight = tf.matMul(residuals as tf.Tensor2D, x, true, false);
      return [rowLosses, byWeight, tf.sum(residuals, 0)];
    }) as [Float32Array, Float32Array, Float32Array];
    const gradient = new Float64Array(point.length);
    gradient.set(weightGradient);
    gradient.set(interceptGradient, weights * dimension);
    const loss = losses.reduce((sum, value) => sum + value, 0);
    return regularised({ rows: targets.length, weights: weights * dimension, loss, gradient }, l2, point);
  };
  return { evaluate, valueError: 1e-6, dispose: () => tf.dispose([x, wanted]) };
}

/** Sums over the rows that a penalty is still to be added to. */
export interface LogLoss {
  readonly rows: number;
  /** How many of the point's first numbers are weights; intercepts go free. */
  readonly weights: number;
  readonly loss: number;
  /** Changed by {@link regularised}. */
  readonly gradient: Float64Array;
}

/** Adds the penalty ½·λ·‖W‖² and turns sums over the rows into means. */
export function regularised({ rows, weights, loss, gradient }: LogLoss, l2: number, point: Float64Array): Evaluation {
  let penalty = 0;
  for (let i = 0; i < weights; i++) {
    penalty += point[i]! * point[i]!;
    gradient[i]! += l2 * point[i]!;
  }
  for (let i = 0; i < gradient.length; i++) gradient[i]! /= rows;
  return { value: (loss + 0.5 * l2 * penalty) / rows, gradient };
}

/** Class probabilities of every row, rows × classes, in double precision. */
export function probabilitiesOf(
  features: Features,
  dimension: number,
  point: Float64Array,
  classes: number,
): Float64Array {
  const rows = features.length / dimension;
  const result = new Float64Array(rows * classes);
  for (let row = 0; row < rows; row++) {
    const logits = result.subarray(row * classes, (row + 1) * classes);
    rowLogits(features, row * dimension, dimension, point, logits);
    const logSum = logSumExp(logits);
    for (let label = 0; label < classes; label++) logits[label] = Math.exp(logits[label]! - logSum);
  }
  return result;
}

function rowLogits(
  features: Features,
  start: number,
  dimension: number,
  point: Float64Array,
  logits: Float64Array,
): void {
  const weights = weightRows(logits.length);
  if (weights < logits.length) logits[0] = 0;
  for (let k = 0; k < weights; k++) {
    let sum = point[weights * dimension + k]!;
    const offset = k * dimension;
    for (let i = 0; i < dimension; i++) sum += point[offset + i]! * features[start + i]!;
    logits[logits.length - weights + k] = sum;
  }
}

function productLogits(x: tf.Tensor2D, point: Float64Array, classes: number): Tensor {
  const [rows, dimension] = x.shape;
  const weights = weightRows(classes);
  const w = tf.tensor2d(Float32Array.from(point.subarray(0, weights * dimension)), [weights, dimension]);
  const b = tf.tensor1d(Float32Array.from(point.subarray(weights * dimension)));
  const logits = tf.add(tf.matMul(x, w, false, true), b);
  return weights < classes ? tf.concat([tf.zeros([rows, 1]), logits], 1) : logits;
}

function logSumExp(logits: Float64Array): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < logits.length; i++) largest = Math.max(largest, logits[i]!);
  let sum = 0;
  for (let i = 0; i < logits.length; i++) sum += Math.exp(logits[i]! - largest);
  return largest + Math.log(sum);
}
