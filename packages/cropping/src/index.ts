export { type BoxRule, boxWindow, drawBoxCrop, type UsableBoxes, usableBoxes } from './box-crop.ts';
export {
  type ContrastivePlaceArguments,
  type ContrastivePlacement,
  type ContrastiveRule,
  contrastivePlace,
  drawContrastiveCrop,
} from './contrastive-crop.ts';
export type { Crop } from './crop.ts';
export { type CropNeeds, cropNeeds } from './crop-needs.ts';
export type { CropRegion } from './crop-region.ts';
export type { CropOptions, CropSampler, CropTally } from './crop-sampler.ts';
export { cropScore } from './crop-score.ts';
export { type CropSize, cropSize, drawCropSize, fallbackCrop, fits, type SizeRule } from './crop-size.ts';
export type {
  BoxesSpec,
  ContrastiveSpec,
  CropSizeOptions,
  CropSpec,
  ModuleSpec,
  RandomResizedSpec,
  Range,
  SaliencySpec,
  WholeSpec,
} from './crop-spec.ts';
export { checkCropSpec } from './crop-spec-check.ts';
export { HeatMap } from './heat-map.ts';
export { type CropSamplerModule, loadCropSampler } from './load-crop-sampler.ts';
export { type CropGroup, multiCrop, type NamedCrop } from './multi-crop.ts';
export {
  type PairScoreMode,
  type PairScoreOptions,
  type PairWeightOptions,
  pairScore,
  pairWeights,
  type WeightNormalisation,
} from './pair-weights.ts';
export { drawRandomResizedCrop } from './random-resized-crop.ts';
export { drawSaliencyCrop, leastSide, placeAround, type SaliencyRule } from './saliency-crop.ts';
export { type SaliencyGrid, saliencyGrid, windowMean } from './saliency-grid.ts';
export {
  type ComponentRule,
  componentBox,
  componentWeight,
  drawCell,
  drawComponent,
  type SalientComponents,
  salientComponents,
} from './salient-components.ts';
export { createCropSampler, sampleCrop } from './sample-crop.ts';
