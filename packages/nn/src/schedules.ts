import { checkCounts, checkRange } from './check.ts';

/*
 * Learning rates as pure functions of a position, so that a resumed run goes on exactly where it stopped. Positions
 * outside the run take the value at its nearer end.
 */

/** Half a cosine from 1 at 0 to 0 at 1; constant outside. */
function fall(progress: number): number {
  return (1 + Math.cos(Math.PI * clamp(progress, 0, 1))) / 2;
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}

function checkPosition(where: string, position: number): void {
  checkRange(where, { position }, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
}

function checkRate(where: string, learningRate: number): void {
  checkRange(where, { learningRate }, 0, Number.MAX_VALUE);
}

export interface EpochCosineOptions {
  /** Rate of the first epoch. */
  readonly learningRate: number;
  /** Length of the run. */
  readonly epochs: number;
}

/**
 * Cosine to 0, constant inside an epoch (MoCo, SimSiam; PyTorch's CosineAnnealingLR).
 *
 * @param epoch from 0.
 */
export function epochCosine(epoch: number, { learningRate, epochs }: EpochCosineOptions): number {
  checkPosition('epochCosine', epoch);
  checkRate('epochCosine', learningRate);
  checkCounts('epochCosine', { epochs });
  return learningRate * fall(epoch / epochs);
}

export interface ContrastiveCropCosineOptions extends EpochCosineOptions {
  /** The cosine ends at this share of the rate. Default 0.1. */
  readonly decayRate?: number;
}

/**
 * Cosine to a share of the rate, as in ContrastiveCrop's code.
 *
 * @param epoch from **1**, as that code counts.
 */
export function contrastiveCropCosine(epoch: number, options: ContrastiveCropCosineOptions): number {
  const { learningRate, epochs, decayRate = 0.1 } = options;
  checkPosition('contrastiveCropCosine', epoch);
  checkRate('contrastiveCropCosine', learningRate);
  checkRange('contrastiveCropCosine', { decayRate }, 0, 1);
  checkCounts('contrastiveCropCosine', { epochs });
  const end = learningRate * decayRate;
  return end + (learningRate - end) * fall((epoch - 1) / epochs);
}

export interface MultiStepOptions {
  readonly learningRate: number;
  /** Epochs, counted from 1, after which the rate drops; in any order, one named twice counts twice. */
  readonly milestones: readonly number[];
  /** Factor at every milestone. Default 0.1. */
  readonly decayRate?: number;
}

/**
 * Drops by a factor after each milestone; the epoch of the milestone itself still has the old rate.
 *
 * @param epoch from **1**, as ContrastiveCrop's code counts.
 */
export function multiStep(epoch: number, { learningRate, milestones, decayRate = 0.1 }: MultiStepOptions): number {
  checkPosition('multiStep', epoch);
  checkRate('multiStep', learningRate);
  checkRange('multiStep', { decayRate }, 0, 1);
  return learningRate * decayRate ** milestones.filter((milestone) => milestone < epoch).length;
}

export interface OpenSelfSupCosineOptions extends EpochCosineOptions {
  /** Epochs of warm-up. Default 0. */
  readonly warmupEpochs?: number;
  /** Share of the rate at the first iteration. Default 0.0001. */
  readonly warmupRatio?: number;
  readonly iterationsPerEpoch: number;
}

/**
 * OpenSelfSup's (mmcv's) schedule: the cosine moves once per epoch, and a linear ramp multiplies it in every iteration
 * of the first epochs.
 *
 * @param iteration from 0.
 */
export function openSelfSupCosine(iteration: number, options: OpenSelfSupCosineOptions): number {
  const { learningRate, epochs, warmupEpochs = 0, warmupRatio = 1e-4, iterationsPerEpoch } = options;
  checkPosition('openSelfSupCosine', iteration);
  checkRange('openSelfSupCosine', { warmupEpochs }, 0, epochs);
  checkRange('openSelfSupCosine', { warmupRatio }, 0, 1);
  checkCounts('openSelfSupCosine', { iterationsPerEpoch });
  const cosine = epochCosine(Math.floor(iteration / iterationsPerEpoch), { learningRate, epochs });
  const ramp = warmupEpochs === 0 ? 1 : clamp(iteration / (warmupEpochs * iterationsPerEpoch), 0, 1);
  return cosine * (warmupRatio + (1 - warmupRatio) * ramp);
}

export interface StepCosineOptions {
  /** The highest rate, reached at the end of the warm-up. */
  readonly learningRate: number;
  /** Length of the run. */
  readonly steps: number;
  /** Steps of linear warm-up. Default 0. */
  readonly warmupSteps?: number;
  /** Rate of the first step of the warm-up. Default 0. */
  readonly start?: number;
  /** Rate after the last step, where the cosine ends. Default 0. */
  readonly end?: number;
}

/**
 * Linear warm-up, then a cosine at every step: from 0 to 0 in official SimCLR and BYOL, to a last rate in SwAV and DINO.
 *
 * @param step from 0.
 */
export function stepCosine(step: number, options: StepCosineOptions): number {
  const { learningRate, steps, warmupSteps = 0, start = 0, end = 0 } = options;
  checkPosition('stepCosine', step);
  for (const rate of [learningRate, start, end]) checkRate('stepCosine', rate);
  checkCounts('stepCosine', { steps });
  checkRange('stepCosine', { warmupSteps }, 0, steps);
  if (step < warmupSteps) return linearRamp(step, { start, end: learningRate, length: warmupSteps });
  // At the very end the cosine's 0 may have a rounding error, and a warm-up without a cosine has no 0 / 0.
  if (step >= steps) return end;
  return end + (learningRate - end) * fall((step - warmupSteps) / (steps - warmupSteps));
}

export interface LinearRampOptions {
  /** Value at position 0. */
  readonly start: number;
  /** Value from position `length` on. */
  readonly end: number;
  /** Length of the ramp; 0 for none. */
  readonly length: number;
}

/** A straight line from `start` to `end`, constant outside: a warm-up, DINO's teacher temperature. */
export function linearRamp(position: number, { start, end, length }: LinearRampOptions): number {
  checkPosition('linearRamp', position);
  checkRange('linearRamp', { start, end }, -Number.MAX_VALUE, Number.MAX_VALUE);
  checkRange('linearRamp', { length }, 0, Number.MAX_SAFE_INTEGER);
  if (position >= length) return end;
  return start + ((end - start) * Math.max(position, 0)) / length;
}

export interface WarmedUpOptions {
  /** Length of the warm-up in the schedule's own unit, steps or epochs; 0 for none. */
  readonly warmup: number;
  /** Value at position 0. Default 0. */
  readonly start?: number;
}

/**
 * Any schedule with a linear warm-up put over its beginning. The ramp meets the schedule where the warm-up ends, at
 * whatever value it has there, so that there is no jump; from there on the schedule goes on as without it (SupContrast,
 * MoCo v3, solo-learn).
 *
 * @param schedule from a position, in steps or epochs, to a value.
 */
export function warmedUp(
  schedule: (position: number) => number,
  { warmup, start = 0 }: WarmedUpOptions,
): (position: number) => number {
  checkRange('warmedUp', { warmup }, 0, Number.MAX_SAFE_INTEGER);
  return (position) => {
    if (position >= warmup) return schedule(position);
    return linearRamp(position, { start, end: schedule(warmup), length: warmup });
  };
}

export interface EmaCosineOptions {
  /** Momentum of the first step, in [0, 1]. */
  readonly start: number;
  /** Length of the run. */
  readonly steps: number;
}

/**
 * BYOL's momentum: rises from `start` to 1 at step `steps`.
 *
 * @param step from 0.
 */
export function emaCosine(step: number, { start, steps }: EmaCosineOptions): number {
  checkPosition('emaCosine', step);
  checkRange('emaCosine', { start }, 0, 1);
  checkCounts('emaCosine', { steps });
  return 1 - (1 - start) * fall(step / steps);
}

export interface ScaleLearningRateOptions {
  /** Images of one batch on one device. */
  readonly batch: number;
  /** Batches whose gradients are added before a step. Default 1. */
  readonly accumulate?: number;
  /** Devices that each take a batch. Default 1. */
  readonly devices?: number;
  /** `linear`: base · images / 256; `sqrt`: base · √images. Default `linear`. */
  readonly rule?: 'linear' | 'sqrt';
}

/** The rate for all images of one step, from a base rate that belongs to 256 images (`linear`) or to one (`sqrt`). */
export function scaleLearningRate(base: number, options: ScaleLearningRateOptions): number {
  const { batch, accumulate = 1, devices = 1, rule = 'linear' } = options;
  checkRate('scaleLearningRate', base);
  checkCounts('scaleLearningRate', { batch, accumulate, devices });
  const images = batch * accumulate * devices;
  return rule === 'linear' ? (base * images) / 256 : base * Math.sqrt(images);
}
