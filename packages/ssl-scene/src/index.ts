export * as augmentations from '@ssl-scene/augmentations';
export * as backbones from '@ssl-scene/backbones';
export * as cropping from '@ssl-scene/cropping';
export * as datasets from '@ssl-scene/datasets';
export * as errors from '@ssl-scene/errors';
export * as evaluators from '@ssl-scene/evaluators';
export * as frameworks from '@ssl-scene/frameworks';
export * as geometry from '@ssl-scene/geometry';
export * as losses from '@ssl-scene/losses';
export * as masking from '@ssl-scene/masking';
export * as native from '@ssl-scene/native';
export * as nn from '@ssl-scene/nn';
export * as random from '@ssl-scene/random';
export * as regions from '@ssl-scene/regions';
export * as report from '@ssl-scene/report';
export * as safetensors from '@ssl-scene/safetensors';
export * as saliency from '@ssl-scene/saliency';
export * as syntheticScenes from '@ssl-scene/synthetic-scenes';
export * as tensors from '@ssl-scene/tensors';
export * as training from '@ssl-scene/training';
export * as views from '@ssl-scene/views';
export { type Config, configSchema, jsonSchema } from './config/config.ts';
export { parseConfig } from './config/parse-config.ts';
export { findRunData, type RunData } from './data.ts';
export {
  type Accuracies,
  type EvaluationSets,
  evaluateNetwork,
  evaluationSettings,
  judge,
  judgedNetwork,
  openEvaluation,
  openEvaluationSets,
  untrainedVariables,
} from './evaluate.ts';
export {
  type EvaluationSet,
  type EvaluationSettings,
  type JudgedNetwork,
  openEvaluationSet,
} from './evaluation-set.ts';
export { extend } from './extend.ts';
export { type ImportedNetworkOptions, importNetwork } from './imported-network.ts';
export { type LoadDataOptions, type LoadedData, loadData } from './loading.ts';
export { inputFilter, type MaskLayout, makeMasking, maskLayout } from './masking.ts';
export { override } from './override.ts';
export { presetNames, presetText, readConfigFile } from './presets.ts';
export { type PretrainOptions, preparePretraining, trainerOptions } from './pretrain.ts';
export { makeBackbone, makeEvaluatedFramework, makeFramework, makePairs, makeViewPlan } from './recipe.ts';
