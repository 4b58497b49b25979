export { activationMap, type ChannelReduction } from './activation-map.ts';
export { boxFromHeatMap, type HeatMapBox, type HeatMapBoxOptions } from './box-from-heat-map.ts';
export { type MapValues, minMaxNormalise, type NormalisedMap, upsampleBilinear } from './heat-map.ts';
export { type RefreshSchedule, refreshEpochs } from './refresh-epochs.ts';
export { type RefreshOptions, type RegionSink, refreshRegions } from './refresh-regions.ts';
export type { RefreshStatistics } from './refresh-statistics.ts';
export type { Threshold } from './threshold.ts';
