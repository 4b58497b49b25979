import { checkJudged, type JudgedMap } from './judged-map.ts';
import { nearestSalient } from './nearest-salient.ts';

const RADIUS = 3;
const SIGMA = 5;
/** The importance of a background pixel falls to half in this many pixels. */
const HALF_LIFE = 5;

/**
 * Weighted F-measure (Margolin et al., CVPR 2014), from 0 to 1: errors of neighbouring pixels are smoothed before they
 * count, and those far from the object count more. 0 where nothing is salient.
 *
 * @param options.beta2 weight of precision against recall. Default: 1
 */
export function weightedFMeasure(judged: JudgedMap, { beta2 = 1 }: { readonly beta2?: number } = {}): number {
  checkJudged(judged);
  const { saliency, truth } = judged;
  const { squaredDistance, place } = nearestSalient(truth);
  if (place[0] === -1) return 0;
  const isSalient = (pixel: number): boolean => truth.data[pixel] !== 0;
  const error = Float64Array.from({ length: truth.data.length }, (_, pixel) =>
    Math.abs(saliency.data[pixel]! / 255 - (isSalient(pixel) ? 1 : 0)),
  );
  const transported = error.map((value, pixel) => (isSalient(pixel) ? value : error[place[pixel]!]!));
  const smoothed = smooth(transported, truth.width, truth.height);
  let [salientPixels, salientError, otherError] = [0, 0, 0];
  for (let pixel = 0; pixel < error.length; pixel++) {
    if (isSalient(pixel)) {
      salientPixels++;
      salientError += Math.min(error[pixel]!, smoothed[pixel]!);
    } else {
      const importance = 2 - Math.exp((Math.log(0.5) / HALF_LIFE) * Math.sqrt(squaredDistance[pixel]!));
      otherError += error[pixel]! * importance;
    }
  }
  const right = salientPixels - salientError;
  const recall = 1 - salientError / salientPixels;
  const precision = right / (Number.EPSILON + right + otherError);
  return ((1 + beta2) * recall * precision) / (Number.EPSILON + recall + beta2 * precision);
}

/** Gaussian of 7 × 7 pixels; outside the image all is 0. */
function smooth(values: Float64Array, width: number, height: number): Float64Array {
  const kernel = gaussianKernel();
  const across = filter(values, kernel, width, height, 1);
  return filter(across, kernel, width, height, width);
}

/** Along rows for a step of 1, along columns for one of `width`. */
function filter(values: Float64Array, kernel: Float64Array, width: number, height: number, step: number): Float64Array {
  const filtered = new Float64Array(values.length);
  const limit = step === 1 ? width : height;
  for (let pixel = 0; pixel < values.length; pixel++) {
    const position = step === 1 ? pixel % width : Math.floor(pixel / width);
    let sum = 0;
    for (let offset = -RADIUS; offset <= RADIUS; offset++) {
      if (position + offset < 0 || position + offset >= limit) continue;
      sum += kernel[offset + RADIUS]! * values[pixel + offset * step]!;
    }
    filtered[pixel] = sum;
  }
  return filtered;
}

function gaussianKernel(): Float64Array {
  const weights = Float64Array.from({ length: 2 * RADIUS + 1 }, (_, index) =>
    Math.exp(-((index - RADIUS) ** 2) / (2 * SIGMA ** 2)),
  );
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}
