export { backboneVariables } from '@ssl-scene/frameworks';
export { type AccumulatedStep, accumulatedStep, type BatchOutput, type GradientSum } from './accumulated-step.ts';
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
export { type CollapseWatch, type CollapseWatchOptions, collapseWatch, type WatchedStep } from './collapse-watch.ts';
export { highPassed, storedInputFilter } from './evaluated-backbone.ts';
export type { BestCheckpoint, EvaluatedNetwork, EvaluationOptions, KeepBestOptions } from './evaluation-options.ts';
export { type EventFile, type EventFileOptions, openEventFile } from './event-file.ts';
export { type ExtractedFeatures, type ExtractFeaturesOptions, extractFeatures } from './extract-features.ts';
export type { GradientClipping } from './gradient-clipping.ts';
export { checkImages, type ImageCheck } from './image-check.ts';
export { learningRateAt, type RunLength, type ScheduleSpec } from './learning-rate.ts';
export type { LoadingOptions } from './loading-options.ts';
export { type MapDatasetOptions, type MappedBatch, mapDataset } from './map-dataset.ts';
export {
  type MaskedSample,
  type MaskSampleOptions,
  type SampledArray,
  type SampledMasks,
  sampleMasks,
} from './mask-sample.ts';
export type {
  FrozenNetworkSaliency,
  MaskingOptions,
  OwnNetworkSaliency,
  ResolvedMasking,
  SaliencySource,
} from './masking-options.ts';
export type { MetricSums } from './metric-means.ts';
export { type MetricsLine, type MetricsLog, openMetricsLog } from './metrics-log.ts';
export { firstNonFinite } from './non-finite.ts';
export { buildOptimiser, type DecayExclusion, type OptimiserSpec } from './optimiser-spec.ts';
export type { PairWeightingOptions } from './pair-weighting.ts';
export { type Budget, type ProbeOptions, probeBudget } from './probe-budget.ts';
export { duration, openProgress, type Progress, type ProgressState, type ProgressStream } from './progress.ts';
export { rankMe } from './rank-me.ts';
export type { Recipe } from './recipe.ts';
export { keptMapSize, type RegionMapOptions, regionHeatMaps } from './region-maps.ts';
export type { FrozenRegionNetwork, RefreshEvent, RegionOptions, RegionSource } from './region-options.ts';
export { type LoadedRun, loadBestRun, loadRun, type RunFacts } from './run-checkpoint.ts';
export type { StepInputs } from './step-inputs.ts';
export type { MaskInputs } from './step-masking.ts';
export { crc32c, tfRecord } from './tfrecord.ts';
export type { TrainState } from './train-state.ts';
export { type StepOutput, type TrainStep, trainStep } from './train-step.ts';
export { createTrainer, type Trainer } from './trainer.ts';
export type { CheckpointEvent, EpochEvent, EvaluationEvent, StepEvent, TrainerHooks } from './trainer-hooks.ts';
export type { CheckpointInterval, Normalisation, TrainerOptions } from './trainer-options.ts';
export type { RunOptions, RunResult } from './training-run.ts';
export { type VisitedImages, type VisitImagesOptions, visitImages } from './visit-images.ts';
export type { WatchOptions } from './watch-options.ts';
