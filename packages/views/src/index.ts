export type { BadImagePolicy } from './bad-image-policy.ts';
export type { Batch, Pixels } from './batch.ts';
export { type BoxesToViewOptions, boxesToView, type VisibleBox } from './boxes-to-view.ts';
export { heatMapToView } from './heat-map-to-view.ts';
export type { DecodeTally } from './image-reader.ts';
export type { ViewLoaderOptions } from './loader-options.ts';
export { type MaskToViewOptions, maskToView } from './mask-to-view.ts';
export type { PixelLabels } from './nearest-pixel.ts';
export { type PackOptions, type PackResult, packDataset, packedState } from './pack-dataset.ts';
export { type ImagePair, PairTable } from './pair-table.ts';
export { type ResizedSourceOptions, resizedSource } from './resized-source.ts';
export { sampleOrder } from './sample-order.ts';
export { MIRRORED_LEFT_RIGHT, MIRRORED_TOP_BOTTOM, TURNED } from './view-flips.ts';
export {
  sourceToView,
  type ViewGeometry,
  type ViewMapping,
  viewGeometry,
  viewToSource,
} from './view-geometry.ts';
export { createViewLoader, type ViewLoader } from './view-loader.ts';
export { type CropScores, checkViewPlan, type ViewPlan, type ViewSpec } from './view-plan.ts';
export { startThread } from './worker-entry.ts';
