export { backboneVariables } from '@ssl-scene/frameworks';
export type { FileSeal } from './atomic-folder.ts';
export {
  type CheckpointContent,
  type CheckpointFacts,
  listCheckpoints,
  pruneCheckpoints,
  readCheckpointFolder,
  readNewestCheckpoint,
  writeCheckpointFolder,
} from './checkpoint-folder.ts';
export { type CollapseWatch, collapseWatch, type WatchedStep } from './collapse-watch.ts';
export { type ExtractedFeatures, type ExtractFeaturesOptions, extractFeatures } from './extract-features.ts';
export { learningRateAt, type RunLength, type ScheduleSpec } from './learning-rate.ts';
export { type MapDatasetOptions, type MappedBatch, mapDataset } from './map-dataset.ts';
export { type MetricsLine, type MetricsLog, openMetricsLog } from './metrics-log.ts';
export { firstNonFinite } from './non-finite.ts';
export { buildOptimiser, type DecayExclusion, type OptimiserSpec } from './optimiser-spec.ts';
export { duration, openProgress, type Progress, type ProgressState, type ProgressStream } from './progress.ts';
export type { RefreshEvent, RegionOptions } from './region-options.ts';
export { type LoadedRun, loadRun, type RunFacts } from './run-checkpoint.ts';
export type { TrainState } from './train-state.ts';
export { type Recipe, type StepInputs, type StepOutput, type TrainStep, trainStep } from './train-step.ts';
export { createTrainer, type Trainer } from './trainer.ts';
export type { CheckpointEvent, EpochEvent, StepEvent, TrainerHooks } from './trainer-hooks.ts';
export type { CheckpointInterval, Normalisation, TrainerOptions } from './trainer-options.ts';
export type { RunOptions, RunResult } from './training-run.ts';
