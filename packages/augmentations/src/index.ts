export { augment, drawOperations } from './augment.ts';
export type {
  Augmentation,
  Autocontrast,
  ColourJitter,
  Equalize,
  GaussianBlur,
  Grayscale,
  HorizontalFlip,
  Posterize,
  Range,
  Rotation,
  Solarize,
  VerticalFlip,
} from './augmentation.ts';
export { checkAugmentations } from './augmentation-check.ts';
export { autocontrast } from './autocontrast.ts';
export { boxBlur } from './box-blur.ts';
export { brightness } from './brightness.ts';
export { centreCrop, centreCropOffset } from './centre-crop.ts';
export { contrast } from './contrast.ts';
export { crop } from './crop.ts';
export { equalize } from './equalize.ts';
export { flipHorizontal, flipVertical } from './flip.ts';
export { defaultKernelSize, type GaussianBlurOptions, gaussianBlur } from './gaussian-blur.ts';
export { gaussianKernel } from './gaussian-kernel.ts';
export { grayscale } from './grayscale.ts';
export { hue, hueOffset } from './hue.ts';
export { type ChannelValues, normalise } from './normalise.ts';
export { applyOperations, type Operation } from './operation.ts';
export type { PassOrder } from './pass-order.ts';
export { Pipeline } from './pipeline.ts';
export type { PixelWindow } from './pixel-window.ts';
export { posterize } from './posterize.ts';
export {
  createRasterEngine,
  type EngineCropOptions,
  type RasterEngine,
  type RasterEngineOptions,
} from './raster-engine.ts';
export type { RasterOptions } from './raster-options.ts';
export type { ResampleFilter } from './resample-filter.ts';
export { type CropAndResizeOptions, cropAndResize, type ResizeOptions, resize } from './resize.ts';
export { type RotateOptions, type RotationFilter, rotate } from './rotate.ts';
export { saturation } from './saturation.ts';
export { resizeShorterSide, type Size, shorterSideSize } from './shorter-side.ts';
export { solarize } from './solarize.ts';
export { Workspace } from './workspace.ts';
