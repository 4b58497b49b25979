import type { JudgedMap } from './judged-map.ts';
import {
  adaptivePositives,
  type LevelCounts,
  levelCounts,
  type Positives,
  positivesByThreshold,
} from './level-counts.ts';

/** Weight of precision against recall that saliency papers use: beta squared. */
export const SALIENCY_BETA2 = 0.3;

/** Precision and recall at the thresholds 0 to 255. */
export interface PrecisionRecall {
  /** Of the pixels at or above the threshold, the share that is salient; 0 where there are none. */
  readonly precision: Float64Array;
  /** Of the salient pixels, the share at or above the threshold; 0 where there are none. */
  readonly recall: Float64Array;
}

/** F-measures of one map. */
export interface FMeasure {
  /** At the best threshold. */
  readonly max: number;
  /** Mean over the 256 thresholds. */
  readonly mean: number;
  /** At twice the mean saliency. */
  readonly adaptive: number;
}

/** Precision and recall of a map at all its thresholds. */
export function precisionRecall(judged: JudgedMap): PrecisionRecall {
  return curvesOf(levelCounts(judged));
}

/** F-measure (Achanta et al., CVPR 2009). */
export function fMeasure(judged: JudgedMap, { beta2 = SALIENCY_BETA2 }: { readonly beta2?: number } = {}): FMeasure {
  const counts = levelCounts(judged);
  const values = fCurve(curvesOf(counts), beta2);
  return {
    max: values.reduce((best, value) => Math.max(best, value), 0),
    mean: values.reduce((sum, value) => sum + value, 0) / values.length,
    adaptive: adaptiveF(counts, beta2),
  };
}

export function curvesOf(counts: LevelCounts): PrecisionRecall {
  const positives = positivesByThreshold(counts);
  return {
    precision: Float64Array.from(positives, precisionOf),
    recall: Float64Array.from(positives, ({ right }) => share(right, counts.salientTotal)),
  };
}

/** The F-measure at every threshold. */
export function fCurve({ precision, recall }: PrecisionRecall, beta2: number): Float64Array {
  return precision.map((value, threshold) => fOf(value, recall[threshold]!, beta2));
}

export function adaptiveF(counts: LevelCounts, beta2: number): number {
  const positives = adaptivePositives(counts);
  return fOf(precisionOf(positives), share(positives.right, counts.salientTotal), beta2);
}

function fOf(precision: number, recall: number, beta2: number): number {
  return share((1 + beta2) * precision * recall, beta2 * precision + recall);
}

function precisionOf({ right, all }: Positives): number {
  return share(right, all);
}

/** A quotient that is 0 where nothing is shared out. */
function share(part: number, whole: number): number {
  return whole > 0 ? part / whole : 0;
}
