import type { JudgedMap } from './judged-map.ts';
import {
  adaptivePositives,
  type LevelCounts,
  levelCounts,
  type Positives,
  positivesByThreshold,
} from './level-counts.ts';

/** Enhanced-alignment measures of one map. */
export interface EMeasure {
  readonly max: number;
  /** Mean over the 256 thresholds. */
  readonly mean: number;
  /** At twice the mean saliency. */
  readonly adaptive: number;
}

/** How well a thresholded map and its truth agree, whole and pixel by pixel (Fan et al., IJCAI 2018). As published, the sum
 * is divided by the number of pixels less 1, so that a perfect map scores a little above 1. */
export function eMeasure(judged: JudgedMap): EMeasure {
  const counts = levelCounts(judged);
  const values = eCurve(counts);
  return {
    max: values.reduce((best, value) => Math.max(best, value), 0),
    mean: values.reduce((sum, value) => sum + value, 0) / values.length,
    adaptive: adaptiveE(counts),
  };
}

/** The measure at the thresholds 0 to 255. */
export function eCurve(counts: LevelCounts): Float64Array {
  return Float64Array.from(positivesByThreshold(counts), (positives) => alignment(counts, positives));
}

export function adaptiveE(counts: LevelCounts): number {
  return alignment(counts, adaptivePositives(counts));
}

/** Both maps are binary, so that pixels fall into four kinds, which count alike. */
function alignment({ total, salientTotal }: LevelCounts, { right, all }: Positives): number {
  const divisor = total - 1 + Number.EPSILON;
  if (salientTotal === 0) return (total - all) / divisor;
  if (salientTotal === total) return all / divisor;
  const meanMap = all / total;
  const meanTruth = salientTotal / total;
  const enhanced = (map: number, truth: number): number => {
    const [x, y] = [map - meanMap, truth - meanTruth];
    const aligned = (2 * x * y) / (x * x + y * y + Number.EPSILON);
    return (aligned + 1) ** 2 / 4;
  };
  const missed = salientTotal - right;
  const wrong = all - right;
  const rejected = total - salientTotal - wrong;
  const sum = right * enhanced(1, 1) + missed * enhanced(0, 1) + wrong * enhanced(1, 0) + rejected * enhanced(0, 0);
  return sum / divisor;
}
