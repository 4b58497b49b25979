import { SceneError } from '@ssl-scene/errors';
import { type BoxList, boxAreas } from './box-list.ts';

/** How boxes suppress each other. */
export interface NmsOptions {
  /** A box goes where its IoU with a better one exceeds this; from 0 to 1, default 0.5. */
  readonly threshold?: number;
  /** The class of every box; boxes of different classes leave each other alone. By default all are of one class. */
  readonly classes?: ArrayLike<number>;
}

/**
 * Greedy non-maximum suppression: the indices of the boxes that stay, best score first, of equal scores the lower index
 * first. A box whose IoU with a kept one equals the threshold stays, as in torchvision.
 *
 * @throws SceneError `BAD_NMS` where lengths do not match, a score is NaN or the threshold is out of range
 */
export function nms(boxes: BoxList, scores: ArrayLike<number>, options: NmsOptions = {}): Uint32Array {
  const { threshold = 0.5, classes } = options;
  const areas = boxAreas(boxes);
  checkArguments(areas.length, scores, threshold, classes);
  const order = Uint32Array.from(areas.keys()).sort((i, j) => scores[j]! - scores[i]! || i - j);
  const suppressed = new Uint8Array(order.length);
  const kept: number[] = [];
  for (let rank = 0; rank < order.length; rank++) {
    const best = order[rank]!;
    if (suppressed[best]) continue;
    kept.push(best);
    suppressOverlapping(boxes, areas, order, rank, threshold, classes, suppressed);
  }
  return Uint32Array.from(kept);
}

function suppressOverlapping(
  boxes: BoxList,
  areas: Float64Array,
  order: Uint32Array,
  rank: number,
  threshold: number,
  classes: ArrayLike<number> | undefined,
  suppressed: Uint8Array,
): void {
  const best = order[rank]!;
  const x0 = boxes[4 * best]!;
  const y0 = boxes[4 * best + 1]!;
  const x1 = boxes[4 * best + 2]!;
  const y1 = boxes[4 * best + 3]!;
  for (let later = rank + 1; later < order.length; later++) {
    const other = order[later]!;
    if (suppressed[other] || (classes !== undefined && classes[other] !== classes[best])) continue;
    const at = 4 * other;
    const width = Math.min(x1, boxes[at + 2]!) - Math.max(x0, boxes[at]!);
    const height = Math.min(y1, boxes[at + 3]!) - Math.max(y0, boxes[at + 1]!);
    const shared = Math.max(width, 0) * Math.max(height, 0);
    if (shared / (areas[best]! + areas[other]! - shared) > threshold) suppressed[other] = 1;
  }
}

function checkArguments(
  count: number,
  scores: ArrayLike<number>,
  threshold: number,
  classes: ArrayLike<number> | undefined,
): void {
  const fault = describeFault(count, scores, threshold, classes);
  if (fault === undefined) return;
  throw new SceneError({
    code: 'BAD_NMS',
    expected: `for ${count} boxes as many scores (and classes) that are numbers, and a threshold from 0 to 1`,
    found: fault,
    where: 'nms',
    fix: 'Check the arguments; a score that is NaN usually comes from an earlier division by 0.',
  });
}

function describeFault(
  count: number,
  scores: ArrayLike<number>,
  threshold: number,
  classes: ArrayLike<number> | undefined,
): string | undefined {
  if (scores.length !== count) return `${scores.length} scores`;
  if (classes !== undefined && classes.length !== count) return `${classes.length} classes`;
  if (!(threshold >= 0 && threshold <= 1)) return `threshold ${threshold}`;
  for (let i = 0; i < count; i++) if (Number.isNaN(scores[i])) return `score ${i} is NaN`;
  return undefined;
}
