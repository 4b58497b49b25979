export { activationMap, type ChannelReduction } from './activation-map.ts';
export { type ActivationOptions, type ActivePixels, activePixels } from './active-pixels.ts';
export { type AveragingOptions, averagedMaps } from './averaged-maps.ts';
export { boxFromHeatMap, type HeatMapBox, type HeatMapBoxOptions } from './box-from-heat-map.ts';
export {
  boxesFromHeatMap,
  type HeatMapBoxes,
  type HeatMapBoxesOptions,
  type SalientBox,
} from './boxes-from-heat-map.ts';
export { contrastiveGradCamMap, gradCamMap } from './grad-cam-map.ts';
export { type MapValues, minMaxNormalise, type NormalisedMap, upsampleBilinear, upsampleNearest } from './heat-map.ts';
export { heatMapBytes } from './heat-map-bytes.ts';
export type { HeatMapBatch, HeatMapProvider, ImageBatch } from './heat-map-provider.ts';
export type { MapFunction } from './map-function.ts';
export { type ColourDistributionOptions, colourDistribution } from './network-free/colour-distribution.ts';
export { type MinimumBarrierOptions, minimumBarrierSaliency } from './network-free/minimum-barrier.ts';
export type { NetworkFreeMap } from './network-free/network-free-map.ts';
export { spectralResidual } from './network-free/spectral-residual.ts';
export { type NetworkFreeMethod, type NetworkFreeOptions, networkFreeHeatMaps } from './network-free-heat-maps.ts';
export { type NetworkHeatMapOptions, networkHeatMaps } from './network-heat-maps.ts';
export { outputSimilarityMap } from './output-similarity-map.ts';
export { type CorLoc, corLoc } from './quality/cor-loc.ts';
export { type EMeasure, eMeasure } from './quality/e-measure.ts';
export { type FMeasure, fMeasure, type PrecisionRecall, precisionRecall } from './quality/f-measure.ts';
export { aucJudd, rocAuc, type ScanpathSaliency, scanpathSaliency } from './quality/fixation-measures.ts';
export type { JudgedMap } from './quality/judged-map.ts';
export { meanAbsoluteError } from './quality/mean-absolute-error.ts';
export { type Pointing, pointingGame } from './quality/pointing-game.ts';
export { type SMeasure, type SMeasureOptions, sMeasure } from './quality/s-measure.ts';
export { SaliencyQuality, type SaliencyReport } from './quality/saliency-quality.ts';
export { weightedFMeasure } from './quality/weighted-f-measure.ts';
export { type RefreshSchedule, refreshEpochs } from './refresh-epochs.ts';
export { type RefreshOptions, refreshRegions } from './refresh-regions.ts';
export type { GuidedBy, RefreshStatistics } from './refresh-statistics.ts';
export type { RegionSink } from './region-sink.ts';
export { RegionUpdate, type RegionUpdateOptions } from './region-update.ts';
export { type ScdaMask, type ScdaOptions, scdaMask } from './scda-mask.ts';
export type { Threshold } from './threshold.ts';
