export {
  type Box,
  boxArea,
  boxGiou,
  boxIntersection,
  boxIou,
  clipBox,
  toPixelBox,
  toRelativeBox,
} from './box.ts';
export { type BoxFormat, type BoxFormatOptions, convertBoxes } from './box-format.ts';
export {
  type BoxList,
  boxAreas,
  boxAt,
  boxList,
  clipBoxes,
  pairwiseCrowdIou,
  pairwiseGiou,
  pairwiseIou,
  type ValidBoxes,
  validBoxes,
} from './box-list.ts';
export {
  type CocoRuns,
  type CocoRunsOptions,
  type CocoSegmentation,
  fromCocoRuns,
  segmentationToMask,
  toCocoRuns,
} from './coco-mask.ts';
export { type ConnectedComponents, type Connectivity, connectedComponents } from './connected-components.ts';
export { enlargeBilinear } from './enlarge.ts';
export { type IntegralImage, integralImage, windowSum } from './integral-image.ts';
export { pairwiseMaskIou } from './mask-iou.ts';
export { type MergeOptions, mergeMasks } from './mask-merge.ts';
export { type NmsOptions, nms } from './nms.ts';
export { boxToMask, polygonsToMask } from './polygon-mask.ts';
export type { Raster } from './raster.ts';
export { decodeMask, encodeMask, maskArea, maskBox, type PixelMask, type RunLengthMask } from './run-length-mask.ts';
export type { ScalarMap } from './scalar-map.ts';
