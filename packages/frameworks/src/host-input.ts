/** A small array that is computed outside the step and changes from step to step: a rate, a permutation. */
export interface HostInput {
  readonly shape: readonly number[];
  readonly dtype: 'float32' | 'int32';
  readonly data: Float32Array | Int32Array;
}

/** Where in a run a step stands; everything that changes between steps is a pure function of this. */
export interface Position {
  /** Seed of the run. */
  readonly seed: number;
  /** Epoch, from 0. */
  readonly epoch: number;
  /** Step of the whole run, from 0. */
  readonly step: number;
  /** Number of steps of the whole run. */
  readonly totalSteps: number;
  /** Number of images per step. */
  readonly batchSize: number;
}

/** A scalar for a step. */
export function scalarInput(value: number): HostInput {
  return { shape: [], dtype: 'float32', data: Float32Array.of(value) };
}
