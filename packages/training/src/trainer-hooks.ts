import type { RefreshEvent } from './region-options.ts';

/** A step that is done. */
export interface StepEvent {
  /** From 0. */
  readonly epoch: number;
  /** Steps of the run that are done, this one included. */
  readonly step: number;
  readonly totalSteps: number;
  readonly learningRate: number;
  readonly loss: number;
  /** All scalars of the step by name, the loss included. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Indices of the images, in the order of the batches. */
  readonly indices: Uint32Array;
  /** Whether the state was left as it was, because the loss, a gradient or the update was not finite. */
  readonly skipped: boolean;
}

/** An epoch that is done. */
export interface EpochEvent {
  /** From 0. */
  readonly epoch: number;
  readonly epochs: number;
  readonly step: number;
  /** Means over the epoch's steps. */
  readonly metrics: Readonly<Record<string, number>>;
  readonly imagesPerSecond: number;
  /** Share of the time that was spent waiting for data, 0 to 1. */
  readonly waitShare: number;
}

/** What an evaluation found. */
export interface EvaluationEvent {
  /** The epoch that has just ended, from 0. */
  readonly epoch: number;
  readonly step: number;
  readonly values: Readonly<Record<string, number>>;
  readonly seconds: number;
}

export interface CheckpointEvent {
  readonly step: number;
  readonly path: string;
}

/**
 * What a trainer tells as it goes, in this order: `onStep` after each step; at the end of an epoch `onEpoch`, then
 * `onRefresh` where regions were refreshed, `onEvaluation` where there was one, then `onCheckpoint` once the checkpoint is on
 * disk, which may be some steps later. `onWarning` at any time. A hook that throws ends the run; one that returns a promise is waited for.
 */
export interface TrainerHooks {
  readonly onStep?: (event: StepEvent) => void | Promise<void>;
  readonly onEpoch?: (event: EpochEvent) => void | Promise<void>;
  readonly onRefresh?: (event: RefreshEvent) => void | Promise<void>;
  readonly onEvaluation?: (event: EvaluationEvent) => void | Promise<void>;
  readonly onCheckpoint?: (event: CheckpointEvent) => void;
  readonly onWarning?: (message: string) => void;
}
