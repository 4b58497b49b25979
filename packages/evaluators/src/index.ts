export { perClassAccuracy, topKAccuracy } from './accuracy.ts';
export {
  type AveragePrecisionOptions,
  averagePrecision,
  type MultiLabelPrecision,
  meanAveragePrecision,
  type PrecisionSum,
} from './average-precision.ts';
export { effectiveRank, type RankMeOptions, rankMe } from './effective-rank.ts';
export { type FeatureStd, featureStd } from './feature-std.ts';
export type { Features } from './features.ts';
export type { KnnOptions } from './knn-options.ts';
export type { Labels } from './labels.ts';
export { type LidarOptions, lidar } from './lidar.ts';
export { type FeatureMatrix, linearCka } from './linear-cka.ts';
export { type LinearClassifier, type LinearProbeOptions, type LinearProbeResult, linearProbe } from './linear-probe.ts';
export { type MultiLabelKnnOptions, type MultiLabelKnnResult, multiLabelKnn } from './multi-label-knn.ts';
export {
  type MultiLabelClassifier,
  type MultiLabelProbeOptions,
  type MultiLabelProbeResult,
  multiLabelProbe,
} from './multi-label-probe.ts';
export { type MultiLabels, type MultiLabelsOptions, multiLabels } from './multi-labels.ts';
export type { PenaltyOptions, ProbeOptions, TriedPenalty } from './penalty-choice.ts';
export { type RegionOfInterest, type RoiAlignOptions, roiAlign, roiFeatures } from './roi-align.ts';
export { singularValues } from './singular-values.ts';
export { alphaReq, covarianceSpectrum, neSum, type PowerLawRange } from './spectrum.ts';
export { type AlignmentOptions, alignment, type UniformityOptions, uniformity } from './uniformity.ts';
export { type KnnResult, type WeightedKnnOptions, weightedKnn } from './weighted-knn.ts';
