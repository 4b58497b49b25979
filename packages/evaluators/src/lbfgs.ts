import { type Evaluation, type Objective, strongWolfeStep } from './line-search.ts';
import { addScaled, dot, largestSize, sumOfSizes } from './vector.ts';

export interface MinimiseOptions {
  /** Stop once no component of the gradient is larger than this. */
  readonly tolerance: number;
  readonly maxIterations: number;
  /** Relative error of the objective's values; differences below it say nothing. Default 1e-14. */
  readonly valueError?: number;
  /** Number of past steps that shape the next one. Default 10. */
  readonly memory?: number;
  /** Multiplies a vector by an estimate of the inverse Hessian, symmetric and positive. Default: no estimate, the identity. */
  readonly inverseHessian?: ((vector: Float64Array) => Float64Array) | undefined;
}

export interface Minimum {
  readonly point: Float64Array;
  readonly value: number;
  /** Largest component of the gradient there, by size. */
  readonly gradientNorm: number;
  readonly iterations: number;
  /**
   * `converged`: the tolerance was met; `precision`: no further descent can be told from rounding errors; `iterations`:
   * the limit was reached.
   */
  readonly stopped: 'converged' | 'precision' | 'iterations';
}

/** One past step: the change of the point, the change of the gradient, and one over their inner product. */
interface Correction {
  readonly step: Float64Array;
  readonly change: Float64Array;
  readonly inverse: number;
}

/**
 * Minimises a smooth function by L-BFGS (Nocedal, 1980; Nocedal and Wright, algorithm 7.5) with a line search for the
 * strong Wolfe conditions.
 */
export function minimise(objective: Objective, start: Float64Array, options: MinimiseOptions): Minimum {
  const { tolerance, maxIterations, valueError = 1e-14, memory = 10, inverseHessian } = options;
  let point = start;
  let here = objective(point);
  let corrections: Correction[] = [];
  const minimum = (iterations: number, stopped: Minimum['stopped']): Minimum => ({
    point,
    value: here.value,
    gradientNorm: largestSize(here.gradient),
    iterations,
    stopped,
  });
  for (let iteration = 0; iteration < maxIterations; iteration++) {
    if (largestSize(here.gradient) <= tolerance) return minimum(iteration, 'converged');
    let direction = descentDirection(here.gradient, corrections, inverseHessian);
    if (dot(direction, here.gradient) >= 0) {
      corrections = [];
      direction = descentDirection(here.gradient, corrections, inverseHessian);
    }
    const knowsScale = corrections.length > 0 || inverseHessian !== undefined;
    const firstStep = knowsScale ? 1 : Math.min(1, 1 / sumOfSizes(here.gradient));
    const found = strongWolfeStep(objective, point, here, direction, { firstStep, valueError });
    if (!found) {
      if (corrections.length === 0) return minimum(iteration, 'precision');
      corrections = [];
      continue;
    }
    remember(corrections, memory, point, here, found);
    ({ point, evaluation: here } = found);
  }
  return minimum(maxIterations, largestSize(here.gradient) <= tolerance ? 'converged' : 'iterations');
}

function remember(
  corrections: Correction[],
  memory: number,
  point: Float64Array,
  here: Evaluation,
  found: { point: Float64Array; evaluation: Evaluation },
): void {
  const step = found.point.map((value, i) => value - point[i]!);
  const change = found.evaluation.gradient.map((value, i) => value - here.gradient[i]!);
  const curvature = dot(step, change);
  // Rounding can hide the positive curvature that the Wolfe conditions promise.
  if (curvature <= Number.EPSILON * dot(change, change)) return;
  corrections.push({ step, change, inverse: 1 / curvature });
  if (corrections.length > memory) corrections.shift();
}

/**
 * Minus the approximate inverse Hessian times the gradient: the two-loop recursion. What it starts from, the estimate or the
 * identity, is scaled to the newest step.
 */
function descentDirection(
  gradient: Float64Array,
  corrections: readonly Correction[],
  inverseHessian: (vector: Float64Array) => Float64Array = (vector) => vector,
): Float64Array {
  let direction: Float64Array = gradient.map((value) => -value);
  const weights: number[] = [];
  for (const { step, change, inverse } of corrections.toReversed()) {
    const weight = inverse * dot(step, direction);
    weights.push(weight);
    addScaled(direction, change, -weight);
  }
  direction = inverseHessian(direction);
  const newest = corrections.at(-1);
  if (newest) {
    const scale = 1 / (newest.inverse * dot(newest.change, inverseHessian(newest.change)));
    for (let i = 0; i < direction.length; i++) direction[i]! *= scale;
  }
  for (const { step, change, inverse } of corrections) {
    addScaled(direction, step, weights.pop()! - inverse * dot(change, direction));
  }
  return direction;
}
