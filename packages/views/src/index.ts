export type { BadImagePolicy } from './bad-image-policy.ts';
export type { Batch, Pixels } from './batch.ts';
export type { ViewLoaderOptions } from './loader-options.ts';
export { sampleOrder } from './sample-order.ts';
export { MIRRORED_LEFT_RIGHT, MIRRORED_TOP_BOTTOM, TURNED } from './view-flips.ts';
export { sourceToView, type ViewGeometry, viewGeometry, viewToSource } from './view-geometry.ts';
export { createViewLoader, type ViewLoader } from './view-loader.ts';
export { checkViewPlan, type ViewPlan, type ViewSpec } from './view-plan.ts';
