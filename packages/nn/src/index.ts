export { accumulate } from './accumulate.ts';
export { type AdamWOptions, adamW } from './adam-w.ts';
export { type BatchNormLayerOptions, batchNorm } from './batch-norm.ts';
export { clipByJointNorm, clipEachByNorm, jointNorm } from './clip-gradients.ts';
export { type ConvolutionLayerOptions, conv } from './convolution.ts';
export { initialise } from './initialise.ts';
export { constant, defaultWeight, fans, type Initialiser, kaimingNormal, uniform } from './initialisers.ts';
export { type LambOptions, lamb } from './lamb.ts';
export { type LarsOptions, lars } from './lars.ts';
export { isExcludedByName } from './lars-names.ts';
export { averagePool, gelu, globalAveragePool, identity, maxPool, relu } from './layers.ts';
export { decodeTensor, encodeTensor, shapeInFile } from './layout.ts';
export { type LinearLayerOptions, linearLayer } from './linear-layer.ts';
export {
  type BufferSpec,
  buffer,
  type Context,
  type Module,
  type ParameterKind,
  type ParameterSpec,
  parameter,
  type Specs,
  type Variables,
} from './module.ts';
export type { MomentOptions } from './moments.ts';
export { emaUpdate } from './moving-average.ts';
export {
  type ExclusionOptions,
  isBiasOrNorm,
  type LearningRate,
  type Optimiser,
  type OptimiserResult,
} from './optimiser.ts';
export { type ParameterGroup, type ParameterGroupOptions, parameterGroups } from './parameter-groups.ts';
export { prefixed } from './prefixed.ts';
export { evaluate, type RunOptions, type RunResult, run } from './run.ts';
export {
  type ContrastiveCropCosineOptions,
  contrastiveCropCosine,
  type EmaCosineOptions,
  type EpochCosineOptions,
  emaCosine,
  epochCosine,
  type LinearRampOptions,
  linearRamp,
  type MultiStepOptions,
  multiStep,
  type OpenSelfSupCosineOptions,
  openSelfSupCosine,
  type ScaleLearningRateOptions,
  type StepCosineOptions,
  scaleLearningRate,
  stepCosine,
  type WarmedUpOptions,
  warmedUp,
} from './schedules.ts';
export { sequential } from './sequential.ts';
export { type SgdOptions, sgd } from './sgd.ts';
export {
  describeFaults,
  type EncodeOptions,
  encodeOptimiserState,
  encodeVariables,
  type LoadReport,
  loadVariables,
  type Restored,
  type RestoreOptions,
  restoreOptimiserState,
  restoreVariables,
  type SaveOptions,
  type ShapeMismatch,
  saveVariables,
  type TensorSource,
} from './state-dict.ts';
