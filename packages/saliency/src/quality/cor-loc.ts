import { type Box, boxIou } from '@ssl-scene/geometry';

/** What {@link corLoc} gives. */
export interface CorLoc {
  /** For each image the IoU of its prediction with the best of its objects; 0 where it has none. */
  readonly bestIou: readonly number[];
  /** Share of the images with an IoU above 0.5, as PASCAL's "exceed". */
  readonly strict: number;
  /** Share of the images with an IoU of at least 0.5, as in LOST's code. */
  readonly inclusive: number;
}

/** Correct localisation (Deselaers et al. 2010): one box an image, against all objects of the image. */
export function corLoc(predictions: readonly Box[], truths: readonly (readonly Box[])[]): CorLoc {
  const bestIou = predictions.map((prediction, image) =>
    truths[image]!.reduce((best, truth) => Math.max(best, boxIou(prediction, truth)), 0),
  );
  const share = (isHit: (iou: number) => boolean): number => bestIou.filter(isHit).length / bestIou.length;
  return { bestIou, strict: share((iou) => iou > 0.5), inclusive: share((iou) => iou >= 0.5) };
}
