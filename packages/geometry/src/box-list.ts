import { SceneError } from '@ssl-scene/errors';
import { type Box, boxGiou, boxIntersection, clipBox } from './box.ts';

/** Many boxes in one array, four numbers each: x0, y0, x1, y1, unless a function says otherwise. */
export type BoxList = ArrayLike<number>;

/** The number of boxes in a list; throws `BAD_BOX_LIST` where its length is no multiple of four. */
export function boxCount(boxes: BoxList, where: string): number {
  if (boxes.length % 4 === 0) return boxes.length / 4;
  throw new SceneError({
    code: 'BAD_BOX_LIST',
    expected: 'four numbers for each box',
    found: `${boxes.length} numbers`,
    where,
    fix: 'Pass x0, y0, x1, y1 of all boxes in one flat array.',
  });
}

/** Box number `index` of a list. */
export function boxAt(boxes: BoxList, index: number): Box {
  const at = 4 * index;
  return { x0: boxes[at]!, y0: boxes[at + 1]!, x1: boxes[at + 2]!, y1: boxes[at + 3]! };
}

/** The flat list of some boxes. */
export function boxList(boxes: readonly Box[]): Float64Array {
  const list = new Float64Array(4 * boxes.length);
  boxes.forEach((box, i) => {
    list.set([box.x0, box.y0, box.x1, box.y1], 4 * i);
  });
  return list;
}

/** The area of every box. */
export function boxAreas(boxes: BoxList): Float64Array {
  const areas = new Float64Array(boxCount(boxes, 'boxAreas'));
  for (let i = 0; i < areas.length; i++) {
    const at = 4 * i;
    areas[i] = (boxes[at + 2]! - boxes[at]!) * (boxes[at + 3]! - boxes[at + 1]!);
  }
  return areas;
}

/** IoU of every box of `a` with every one of `b`: n × m, row-major; `NaN` where neither has area, as in torchvision. */
export function pairwiseIou(a: BoxList, b: BoxList): Float64Array {
  const rowAreas = boxAreas(a);
  const columnAreas = boxAreas(b);
  const ious = new Float64Array(rowAreas.length * columnAreas.length);
  let at = 0;
  for (let i = 0; i < rowAreas.length; i++) {
    const { x0, y0, x1, y1 } = boxAt(a, i);
    const area = rowAreas[i]!;
    for (let j = 0; j < columnAreas.length; j++) {
      const width = Math.min(x1, b[4 * j + 2]!) - Math.max(x0, b[4 * j]!);
      const height = Math.min(y1, b[4 * j + 3]!) - Math.max(y0, b[4 * j + 1]!);
      const shared = Math.max(width, 0) * Math.max(height, 0);
      ious[at++] = shared / (area + columnAreas[j]! - shared);
    }
  }
  return ious;
}

/** GIoU of every box of `a` with every one of `b`: n × m, row-major; see `boxGiou`. */
export function pairwiseGiou(a: BoxList, b: BoxList): Float64Array {
  const rows = boxCount(a, 'pairwiseGiou');
  const columns = boxCount(b, 'pairwiseGiou');
  const values = new Float64Array(rows * columns);
  let at = 0;
  for (let i = 0; i < rows; i++) {
    const box = boxAt(a, i);
    for (let j = 0; j < columns; j++) values[at++] = boxGiou(box, boxAt(b, j));
  }
  return values;
}

/**
 * IoU of detections (rows) with truths (columns) by COCO's rule: where a truth is a crowd, the intersection is divided by
 * the detection's area alone. 0 where the boxes do not overlap, also where neither has area, as in pycocotools.
 *
 * @param crowd for every truth, 1 where it is a crowd and 0 elsewhere
 */
export function pairwiseCrowdIou(detections: BoxList, truths: BoxList, crowd: ArrayLike<number>): Float64Array {
  const detectionAreas = boxAreas(detections);
  const truthAreas = boxAreas(truths);
  checkCrowd(crowd, truthAreas.length, 'pairwiseCrowdIou');
  const ious = new Float64Array(detectionAreas.length * truthAreas.length);
  let at = 0;
  for (let i = 0; i < detectionAreas.length; i++) {
    const detection = boxAt(detections, i);
    const area = detectionAreas[i]!;
    for (let j = 0; j < truthAreas.length; j++, at++) {
      const shared = boxIntersection(detection, boxAt(truths, j));
      if (shared > 0) ious[at] = shared / (crowd[j] ? area : area + truthAreas[j]! - shared);
    }
  }
  return ious;
}

/** Every box cut to an image of the given size. */
export function clipBoxes(boxes: BoxList, width: number, height: number): Float64Array {
  const count = boxCount(boxes, 'clipBoxes');
  return boxList(Array.from({ length: count }, (_, i) => clipBox(boxAt(boxes, i), width, height)));
}

/** The boxes of a list that have area, and how many had none. */
export interface ValidBoxes {
  /** The boxes kept, in order. */
  readonly boxes: Float64Array;
  /** The places of the boxes kept in the list given. */
  readonly indices: Uint32Array;
  /** How many were inverted, without area or not finite. */
  readonly dropped: number;
}

/** Sorts out boxes that are inverted, without area or not finite, and counts them. */
export function validBoxes(boxes: BoxList): ValidBoxes {
  const count = boxCount(boxes, 'validBoxes');
  const indices: number[] = [];
  for (let i = 0; i < count; i++) {
    const { x0, y0, x1, y1 } = boxAt(boxes, i);
    if (x1 > x0 && y1 > y0 && Number.isFinite(x1 - x0) && Number.isFinite(y1 - y0)) indices.push(i);
  }
  const kept = boxList(indices.map((index) => boxAt(boxes, index)));
  return { boxes: kept, indices: Uint32Array.from(indices), dropped: count - indices.length };
}

export function checkCrowd(crowd: ArrayLike<number>, truths: number, where: string): void {
  if (crowd.length === truths) return;
  throw new SceneError({
    code: 'BAD_CROWD',
    expected: `a crowd flag for each of ${truths} truths`,
    found: `${crowd.length} flags`,
    where,
    fix: 'Pass 0 for truths that are no crowd.',
  });
}
