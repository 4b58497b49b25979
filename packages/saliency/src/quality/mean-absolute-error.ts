import { checkJudged, type JudgedMap } from './judged-map.ts';

/** Mean distance of a map from its truth, from 0 to 1 (Perazzi et al. 2012). */
export function meanAbsoluteError(judged: JudgedMap): number {
  checkJudged(judged);
  const { saliency, truth } = judged;
  let sum = 0;
  for (let pixel = 0; pixel < truth.data.length; pixel++) {
    sum += truth.data[pixel] ? 255 - saliency.data[pixel]! : saliency.data[pixel]!;
  }
  return sum / (255 * truth.data.length);
}
