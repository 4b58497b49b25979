import type { LabelledBox, ObjectMask } from './image-dataset.ts';

/**
 * Which class each pixel shows, from which object it shows: 0 is background, k class k - 1, 255 a pixel that nobody judged or
 * whose object has no class. VOC's `SegmentationClass` in its own numbers.
 *
 * @param boxes the objects of the same image, as `boxes(index)` gives them
 */
export function classMask(mask: ObjectMask, boxes: readonly LabelledBox[]): ObjectMask {
  const classOf = new Uint8Array(256).fill(255);
  classOf[0] = 0;
  for (const [i, { label }] of boxes.entries()) classOf[i + 1] = label >= 0 && label < 254 ? label + 1 : 255;
  return { ...mask, data: mask.data.map((object) => classOf[object]!) };
}
