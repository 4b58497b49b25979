export { type BoxRule, boxWindow, drawBoxCrop, type UsableBoxes, usableBoxes } from './box-crop.ts';
export {
  type ContrastivePlaceArguments,
  type ContrastivePlacement,
  type ContrastiveRule,
  contrastivePlace,
  drawContrastiveCrop,
} from './contrastive-crop.ts';
export type { Crop } from './crop.ts';
export type { CropRegion } from './crop-region.ts';
export type { CropOptions, CropSampler, CropTally } from './crop-sampler.ts';
export { type CropSize, cropSize, drawCropSize, fallbackCrop, fits, type SizeRule } from './crop-size.ts';
export type {
  BoxesSpec,
  ContrastiveSpec,
  CropSizeOptions,
  CropSpec,
  ModuleSpec,
  RandomResizedSpec,
  Range,
  WholeSpec,
} from './crop-spec.ts';
export { checkCropSpec } from './crop-spec-check.ts';
export { type CropSamplerModule, loadCropSampler } from './load-crop-sampler.ts';
export { drawRandomResizedCrop } from './random-resized-crop.ts';
export { createCropSampler, sampleCrop } from './sample-crop.ts';
