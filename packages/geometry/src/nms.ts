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
  const ranked = rankBoxes(boxes, areas, classes, order);
  const suppressed = new Uint8Array(order.length);
  const kept: number[] = [];
  for (let rank = 0; rank < order.length; rank++) {
    if (suppressed[rank]) continue;
    kept.push(order[rank]!);
    suppressOverlapping(ranked, rank, threshold, suppressed);
  }
  return Uint32Array.from(kept);
}

/** Boxes, best first, so that the comparisons read memory in order. */
interface RankedBoxes {
  readonly corners: Float64Array;
  readonly areas: Float64Array;
  /** Equal for all where no classes were given. */
  readonly classes: Float64Array;
}

function rankBoxes(
  boxes: BoxList,
  areas: Float64Array,
  classes: ArrayLike<number> | undefined,
  order: Uint32Array,
): RankedBoxes {
  return {
    corners: Float64Array.from({ length: 4 * order.length }, (_, at) => boxes[4 * order[at >> 2]! + (at & 3)]!),
    areas: Float64Array.from(order, (index) => areas[index]!),
    classes: Float64Array.from(order, (index) => classes?.[index] ?? 0),
  };
}

/** Marks the boxes after `rank` that overlap that box too much. */
function suppressOverlapping(ranked: RankedBoxes, rank: number, threshold: number, suppressed: Uint8Array): void {
  const { corners, areas, classes } = ranked;
  const x0 = corners[4 * rank]!;
  const y0 = corners[4 * rank + 1]!;
  const x1 = corners[4 * rank + 2]!;
  const y1 = corners[4 * rank + 3]!;
  const area = areas[rank]!;
  const label = classes[rank]!;
  for (let later = rank + 1; later < suppressed.length; later++) {
    const at = 4 * later;
    const width = Math.min(x1, corners[at + 2]!) - Math.max(x0, corners[at]!);
    if (width <= 0) continue;
    const height = Math.min(y1, corners[at + 3]!) - Math.max(y0, corners[at + 1]!);
    if (height <= 0 || classes[later] !== label) continue;
    const shared = width * height;
    if (shared / (area + areas[later]! - shared) > threshold) suppressed[later] = 1;
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
