import { checkJudged, type JudgedMap } from './judged-map.ts';

/** What {@link sMeasure} gives. */
export interface SMeasure {
  /** The measure, not below 0. */
  readonly s: number;
  /** How alike the map is within the object and within the background; undefined where one of them is missing. */
  readonly object: number | undefined;
  /** How alike map and truth are in the four parts around the object's centre; undefined likewise. */
  readonly region: number | undefined;
}

export interface SMeasureOptions {
  /** Weight of the object part. Default: 0.5. */
  readonly alpha?: number;
}

/** A window of pixels, half-open. */
interface Window {
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
}

/**
 * Structure measure (Fan et al., ICCV 2017), as its MATLAB code: sample standard deviations, and a centre at half a pixel
 * rounds up. Ports that round it to even differ there.
 */
export function sMeasure(judged: JudgedMap, { alpha = 0.5 }: SMeasureOptions = {}): SMeasure {
  checkJudged(judged);
  const { salient, other } = valuesByTruth(judged);
  const total = salient.length + other.length;
  if (salient.length === 0) return { s: 1 - meanOf(other), object: undefined, region: undefined };
  if (other.length === 0) return { s: meanOf(salient), object: undefined, region: undefined };
  const share = salient.length / total;
  const object = share * similarity(salient) + (1 - share) * similarity(other.map((value) => 1 - value));
  const region = regionSimilarity(judged);
  return { s: Math.max(alpha * object + (1 - alpha) * region, 0), object, region };
}

function valuesByTruth({ saliency, truth }: JudgedMap): { salient: Float64Array; other: Float64Array } {
  const salient: number[] = [];
  const other: number[] = [];
  for (let pixel = 0; pixel < truth.data.length; pixel++) {
    (truth.data[pixel] ? salient : other).push(saliency.data[pixel]! / 255);
  }
  return { salient: Float64Array.from(salient), other: Float64Array.from(other) };
}

/** 1 where all values are 1. */
function similarity(values: Float64Array): number {
  const mean = meanOf(values);
  const variance = values.length > 1 ? squaredDistance(values, mean) / (values.length - 1) : 0;
  return (2 * mean) / (mean * mean + 1 + Math.sqrt(variance) + Number.EPSILON);
}

/** Structural similarity in the four parts that the object's centre makes, by area. */
function regionSimilarity(judged: JudgedMap): number {
  const { width, height } = judged.truth;
  const { x, y } = splitPoint(judged);
  const windows: Window[] = [
    { x0: 0, y0: 0, x1: x, y1: y },
    { x0: x, y0: 0, x1: width, y1: y },
    { x0: 0, y0: y, x1: x, y1: height },
    { x0: x, y0: y, x1: width, y1: height },
  ];
  let sum = 0;
  for (const window of windows) {
    const area = (window.x1 - window.x0) * (window.y1 - window.y0);
    if (area > 0) sum += (area / (width * height)) * structuralSimilarity(judged, window);
  }
  return sum;
}

/** First column and row after the object's centre. */
function splitPoint({ truth: { width, data } }: JudgedMap): { x: number; y: number } {
  let [sumX, sumY, count] = [0, 0, 0];
  for (let pixel = 0; pixel < data.length; pixel++) {
    if (!data[pixel]) continue;
    sumX += pixel % width;
    sumY += Math.floor(pixel / width);
    count++;
  }
  return { x: Math.floor(sumX / count + 1.5), y: Math.floor(sumY / count + 1.5) };
}

function structuralSimilarity(judged: JudgedMap, window: Window): number {
  const { map, truth } = valuesInside(judged, window);
  const [meanMap, meanTruth] = [meanOf(map), meanOf(truth)];
  const freedom = map.length - 1 + Number.EPSILON;
  const varianceMap = squaredDistance(map, meanMap) / freedom;
  const varianceTruth = squaredDistance(truth, meanTruth) / freedom;
  let covariance = 0;
  for (let pixel = 0; pixel < map.length; pixel++) {
    covariance += (map[pixel]! - meanMap) * (truth[pixel]! - meanTruth);
  }
  const numerator = (4 * meanMap * meanTruth * covariance) / freedom;
  const denominator = (meanMap ** 2 + meanTruth ** 2) * (varianceMap + varianceTruth);
  if (numerator !== 0) return numerator / (denominator + Number.EPSILON);
  return denominator === 0 ? 1 : 0;
}

function valuesInside({ saliency, truth }: JudgedMap, window: Window): { map: Float64Array; truth: Float64Array } {
  const size = (window.x1 - window.x0) * (window.y1 - window.y0);
  const values = { map: new Float64Array(size), truth: new Float64Array(size) };
  let at = 0;
  for (let y = window.y0; y < window.y1; y++) {
    for (let x = window.x0; x < window.x1; x++, at++) {
      const pixel = y * truth.width + x;
      values.map[at] = saliency.data[pixel]! / 255;
      values.truth[at] = truth.data[pixel] ? 1 : 0;
    }
  }
  return values;
}

function meanOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function squaredDistance(values: Float64Array, mean: number): number {
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
}
