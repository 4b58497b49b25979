import { SceneError } from '@ssl-scene/errors';
import { boxToMask, polygonsToMask } from './polygon-mask.ts';
import { checkRuns, type RunLengthMask } from './run-length-mask.ts';

/** A run-length mask as COCO's files hold it. */
export interface CocoRuns {
  /** Height, then width. */
  readonly size: readonly [number, number];
  /** The runs as numbers ("uncompressed"), or as the compressed string of pycocotools. */
  readonly counts: string | readonly number[];
}

/** What COCO's files hold under `segmentation`: polygons, each x, y, x, y, …, or runs of either kind. */
export type CocoSegmentation = CocoRuns | readonly (readonly number[])[];

/** How runs are written. */
export interface CocoRunsOptions {
  /** As pycocotools' string (true) or as numbers (false); default true. */
  readonly compressed?: boolean;
}

const FIRST_CHARACTER = 48;
const DIGIT_BITS = 5;
const DIGIT_MASK = 31;
const MORE = 32;
const SIGN = 16;

/** A mask in the form of COCO's files; the string is the one that pycocotools writes. */
export function toCocoRuns(mask: RunLengthMask, options: CocoRunsOptions = {}): CocoRuns {
  const { compressed = true } = options;
  checkRuns(mask, 'toCocoRuns');
  const counts = compressed ? compressCounts(mask.counts) : Array.from(mask.counts);
  return { size: [mask.height, mask.width], counts };
}

/**
 * Reads runs of COCO's files, of either kind.
 *
 * @throws SceneError `BAD_COCO_RUNS` where they are damaged, `BAD_RUNS` where they do not cover the image
 */
export function fromCocoRuns(runs: CocoRuns): RunLengthMask {
  const [height, width] = runs.size;
  const counts = typeof runs.counts === 'string' ? expandCounts(runs.counts) : runs.counts;
  counts.forEach((count, i) => {
    if (!Number.isInteger(count) || count < 0 || count >= 2 ** 31) throw damaged(`run ${i} is ${count}`);
  });
  const mask = { width, height, counts: Uint32Array.from(counts) };
  checkRuns(mask, 'fromCocoRuns');
  return mask;
}

/**
 * The mask of a COCO annotation, whatever form it has: polygons (rasterised as pycocotools does, parts united), compressed
 * or uncompressed runs, or no segmentation at all, in which case its box is the mask.
 *
 * @param width width of the image in pixels
 * @param height height of the image in pixels
 * @param bbox the annotation's x, y, width, height
 * @throws SceneError `NO_SEGMENTATION` where there is neither a segmentation nor a box, `SIZES_DIFFER` where runs are of
 *   another size than the image, and those of `fromCocoRuns` and `polygonsToMask`
 */
export function segmentationToMask(
  segmentation: CocoSegmentation | undefined,
  width: number,
  height: number,
  bbox?: ArrayLike<number>,
): RunLengthMask {
  if (segmentation === undefined || (isPolygons(segmentation) && segmentation.length === 0)) {
    if (bbox !== undefined) return boxToMask(bbox, width, height);
    throw new SceneError({
      code: 'NO_SEGMENTATION',
      expected: 'polygons, runs or a box',
      found: 'none of them',
      where: 'segmentationToMask',
      fix: 'Leave out annotations that say nothing of where the object is.',
    });
  }
  if (isPolygons(segmentation)) return polygonsToMask(segmentation, width, height);
  const mask = fromCocoRuns(segmentation);
  if (mask.width === width && mask.height === height) return mask;
  throw new SceneError({
    code: 'SIZES_DIFFER',
    expected: `runs for an image of ${width} × ${height}`,
    found: `runs for ${mask.width} × ${mask.height}`,
    where: 'segmentationToMask',
    fix: 'Check the size recorded for the image.',
  });
}

function isPolygons(segmentation: CocoSegmentation): segmentation is readonly (readonly number[])[] {
  return Array.isArray(segmentation);
}

/** Runs from the fourth on are written as differences to the run two before, all in base 32 with the least digit first. */
function compressCounts(counts: Uint32Array): string {
  const characters: string[] = [];
  for (let i = 0; i < counts.length; i++) {
    let rest = counts[i]! - (i > 2 ? counts[i - 2]! : 0);
    for (let more = true; more; ) {
      const digit = rest & DIGIT_MASK;
      rest >>= DIGIT_BITS;
      more = (digit & SIGN) === 0 ? rest !== 0 : rest !== -1;
      characters.push(String.fromCharCode(FIRST_CHARACTER + (more ? digit | MORE : digit)));
    }
  }
  return characters.join('');
}

function expandCounts(text: string): number[] {
  const counts: number[] = [];
  let value = 0;
  let shift = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text.charCodeAt(at) - FIRST_CHARACTER;
    if (character < 0 || character > (MORE | DIGIT_MASK)) throw damaged(`"${text[at]}" at place ${at}`);
    if (shift > 30) throw damaged(`a number of more than 32 bits before place ${at}`);
    value |= (character & DIGIT_MASK) << shift;
    shift += DIGIT_BITS;
    if (character & MORE) continue;
    if (character & SIGN && shift < 32) value |= -1 << shift;
    counts.push(counts.length > 2 ? value + counts[counts.length - 2]! : value);
    value = 0;
    shift = 0;
  }
  if (shift > 0) throw damaged('a string that ends within a number');
  return counts;
}

function damaged(found: string): SceneError {
  return new SceneError({
    code: 'BAD_COCO_RUNS',
    expected: 'whole numbers from 0 to 2^31 - 1, or the string that pycocotools makes of them',
    found,
    where: 'fromCocoRuns',
    fix: 'The annotation is damaged: fetch the file again.',
  });
}
