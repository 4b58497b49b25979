export { areaAverage } from './area-average.ts';
export type { BlurStrategySpec } from './blur-strategy.ts';
export { boxMask } from './box-mask.ts';
export {
  type BlockMaskingOptions,
  type BoxFillSpec,
  blockMasking,
  type CutOutOptions,
  cutOutMasking,
  type ZeroFillSpec,
} from './box-masking.ts';
export type { Range } from './check-option.ts';
export { createMasker, type MaskerSpec } from './create-masker.ts';
export { type GaussianKernel, gaussianBlur, gaussianKernel, scaledKernel } from './gaussian-blur.ts';
export { type HighPassOptions, highPass } from './high-pass.ts';
export type { HighPassStrategySpec } from './high-pass-strategy.ts';
export type { NoiseArray, NoiseBatch } from './mask-noise.ts';
export { type BranchOptions, branchPlan, type MaskedView, type MaskKind, type MaskPlan } from './mask-plan.ts';
export { type MaskedViews, type Masker, saliencyOf } from './masker.ts';
export type { MeanStrategySpec } from './mean-strategy.ts';
export { type MscnBaselineOptions, mscnBaseline } from './mscn-baseline.ts';
export type { PatchCompatibility } from './patch-compatibility.ts';
export {
  negativeCounts,
  type PatchCountInputs,
  type PatchCounts,
  positiveCounts,
  possibleCounts,
} from './patch-counts.ts';
export { patchPixels, type Size, tiled, tileSize } from './patch-grid.ts';
export { type PatchMaskingOptions, patchMasking, type StrategySpec } from './patch-masking.ts';
export { replacePixels } from './replace-pixels.ts';
export {
  type ForegroundRule,
  type SalientPatchOptions,
  type SalientPlaceOptions,
  salientPatches,
  salientPlaces,
} from './salient-patches.ts';
export { selectPatches } from './select-patches.ts';
