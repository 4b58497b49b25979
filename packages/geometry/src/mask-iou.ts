import { type Box, boxIntersection } from './box.ts';
import { checkCrowd } from './box-list.ts';
import { checkSameSize } from './mask-merge.ts';
import { checkRuns, type InsideRuns, insideRuns, maskArea, maskBox, type RunLengthMask } from './run-length-mask.ts';

/**
 * IoU of detected masks (rows) with true ones (columns), row-major, in time proportional to their runs, as pycocotools
 * computes it: 0 where the masks do not overlap, also where both are empty.
 *
 * @param crowd for every truth, 1 where it is a crowd, for which the intersection is divided by the detection's area
 *   alone; by default none is
 * @throws SceneError `SIZES_DIFFER`, `BAD_RUNS`, `BAD_CROWD`
 */
export function pairwiseMaskIou(
  detections: readonly RunLengthMask[],
  truths: readonly RunLengthMask[],
  crowd: ArrayLike<number> = new Uint8Array(truths.length),
): Float64Array {
  checkCrowd(crowd, truths.length, 'pairwiseMaskIou');
  for (const mask of [...detections, ...truths]) {
    checkRuns(mask, 'pairwiseMaskIou');
    checkSameSize(mask, detections[0] ?? mask, 'pairwiseMaskIou');
  }
  const rows = detections.map(describeMask);
  const columns = truths.map(describeMask);
  const ious = new Float64Array(rows.length * columns.length);
  let at = 0;
  for (const row of rows) {
    columns.forEach((column, j) => {
      if (boxIntersection(row.box, column.box) > 0) {
        const shared = intersectionArea(row.runs, column.runs);
        if (shared > 0) ious[at] = shared / (crowd[j] ? row.area : row.area + column.area - shared);
      }
      at++;
    });
  }
  return ious;
}

/** What the comparison of a mask with many others needs. */
interface DescribedMask {
  readonly box: Box;
  readonly area: number;
  readonly runs: InsideRuns;
}

function describeMask(mask: RunLengthMask): DescribedMask {
  return { box: maskBox(mask), area: maskArea(mask), runs: insideRuns(mask) };
}

function intersectionArea(a: InsideRuns, b: InsideRuns): number {
  let area = 0;
  for (let i = 0, j = 0; i < a.starts.length && j < b.starts.length; ) {
    const start = Math.max(a.starts[i]!, b.starts[j]!);
    const end = Math.min(a.ends[i]!, b.ends[j]!);
    if (end > start) area += end - start;
    if (a.ends[i]! < b.ends[j]!) i++;
    else j++;
  }
  return area;
}
