import { dot } from './vector.ts';

/** A function's value and gradient at a point. */
export interface Evaluation {
  readonly value: number;
  readonly gradient: Float64Array;
}

export type Objective = (point: Float64Array) => Evaluation;

/** Sufficient decrease and curvature constants, as is usual for quasi-Newton methods (Nocedal and Wright, section 3.1). */
const DECREASE = 1e-4;
const CURVATURE = 0.9;
const MOST_EVALUATIONS = 30;

/** The function along the direction: a step, and what was found there. */
interface Trial {
  readonly step: number;
  readonly value: number;
  readonly slope: number;
  readonly point: Float64Array;
  readonly evaluation: Evaluation;
}

/**
 * A step along a descent direction that meets the strong Wolfe conditions: bracket, then zoom with cubic interpolation
 * (Nocedal and Wright, algorithms 3.5 and 3.6). Where values differ by less than their error, slopes alone decide, as in
 * the approximate Wolfe conditions of Hager and Zhang (2005). `undefined` where no such step can be found.
 */
export function strongWolfeStep(
  objective: Objective,
  start: Float64Array,
  here: Evaluation,
  direction: Float64Array,
  { firstStep, valueError }: { firstStep: number; valueError: number },
): Trial | undefined {
  const startSlope = dot(here.gradient, direction);
  const origin: Trial = { step: 0, value: here.value, slope: startSlope, point: start, evaluation: here };
  const noise = valueError * Math.abs(here.value);
  const evaluate = (step: number): Trial => {
    const point = start.map((value, i) => value + step * direction[i]!);
    const evaluation = objective(point);
    return { step, value: evaluation.value, slope: dot(evaluation.gradient, direction), point, evaluation };
  };
  const descends = ({ step, value, slope }: Trial): boolean =>
    value <= here.value + DECREASE * step * startSlope ||
    (value <= here.value + noise && slope <= (2 * DECREASE - 1) * startSlope);
  const isFlat = ({ slope }: Trial): boolean => Math.abs(slope) <= -CURVATURE * startSlope;

  let low = origin;
  let high: Trial | undefined;
  let step = firstStep;
  for (let count = 0; count < MOST_EVALUATIONS; count++) {
    const trial = evaluate(step);
    const improves = descends(trial) && trial.value <= low.value + noise;
    if (improves && isFlat(trial)) return trial;
    if (!Number.isFinite(trial.value) || !improves) high = trial;
    else {
      // The minimum lies where the slope at the better end points.
      if (high ? trial.slope * (high.step - trial.step) >= 0 : trial.slope >= 0) high = low;
      low = trial;
    }
    step = high ? between(low, high) : 4 * step;
    if (high && Math.abs(high.step - low.step) <= 1e-12 * Math.max(1, low.step)) break;
  }
  return low.step > 0 && low.value < here.value ? low : undefined;
}

/** Minimum of the cubic through both ends, kept away from them; the middle where it has none. */
function between(low: Trial, high: Trial): number {
  const width = high.step - low.step;
  const d1 = low.slope + high.slope - (3 * (high.value - low.value)) / width;
  const radicand = d1 * d1 - low.slope * high.slope;
  const d2 = Math.sign(width) * Math.sqrt(radicand);
  const share = 1 - (high.slope + d2 - d1) / (high.slope - low.slope + 2 * d2);
  if (!(share > 0.1 && share < 0.9))
    return low.step + width * (Number.isFinite(share) ? Math.min(0.9, Math.max(0.1, share)) : 0.5);
  return low.step + width * share;
}
