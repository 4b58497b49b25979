export { perClassAccuracy, topKAccuracy } from './accuracy.ts';
export type { Features } from './features.ts';
export type { Labels } from './labels.ts';
export { type LinearClassifier, type LinearProbeOptions, type LinearProbeResult, linearProbe } from './linear-probe.ts';
export { type KnnResult, type WeightedKnnOptions, weightedKnn } from './weighted-knn.ts';
