import { checkJudged, type JudgedMap, LEVELS } from './judged-map.ts';

/** How many pixels have each level, apart for salient and other pixels: all that measures by thresholds need. */
export interface LevelCounts {
  /** Salient pixels by level. */
  readonly salient: Float64Array;
  /** Other pixels by level. */
  readonly other: Float64Array;
  readonly salientTotal: number;
  readonly total: number;
  /** Mean of level / 255. */
  readonly mean: number;
}

/** Pixels that a threshold calls salient. */
export interface Positives {
  /** Rightly so. */
  readonly right: number;
  /** In all. */
  readonly all: number;
}

/** Counts the levels of a map. */
export function levelCounts(judged: JudgedMap): LevelCounts {
  checkJudged(judged);
  const { saliency, truth } = judged;
  const salient = new Float64Array(LEVELS);
  const other = new Float64Array(LEVELS);
  let [sum, salientTotal] = [0, 0];
  for (let pixel = 0; pixel < truth.data.length; pixel++) {
    const level = saliency.data[pixel]!;
    sum += level;
    if (truth.data[pixel]) {
      salient[level]!++;
      salientTotal++;
    } else other[level]!++;
  }
  const total = truth.data.length;
  return { salient, other, salientTotal, total, mean: sum / (255 * total) };
}

/** For each threshold t from 0 to 255 what lies at level t or above. */
export function positivesByThreshold({ salient, other }: LevelCounts): Positives[] {
  const positives = new Array<Positives>(LEVELS);
  let [right, all] = [0, 0];
  for (let level = LEVELS - 1; level >= 0; level--) {
    right += salient[level]!;
    all += salient[level]! + other[level]!;
    positives[level] = { right, all };
  }
  return positives;
}

/** What lies at or above the adaptive threshold: twice the mean saliency, at most 1 (Achanta et al. 2009). */
export function adaptivePositives(counts: LevelCounts): Positives {
  const threshold = Math.min(2 * counts.mean, 1);
  let [right, all] = [0, 0];
  for (let level = 0; level < LEVELS; level++) {
    if (level / 255 < threshold) continue;
    right += counts.salient[level]!;
    all += counts.salient[level]! + counts.other[level]!;
  }
  return { right, all };
}
