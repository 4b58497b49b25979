import { SceneError } from '@ssl-scene/errors';
import type { Box } from './box.ts';
import { maskChanges } from './mask-changes.ts';
import { checkMap, checkSize, type ScalarMap } from './scalar-map.ts';

/** A mask with one byte for each pixel, row-major, 1 inside and 0 outside. */
export interface PixelMask {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/**
 * A mask as the lengths of its runs, in COCO's order: down the columns from left to right, runs outside and inside the mask
 * by turns, beginning outside (with 0 where the first pixel is inside).
 */
export interface RunLengthMask {
  readonly width: number;
  readonly height: number;
  /** Their sum is width × height. */
  readonly counts: Uint32Array;
}

/** The runs of a mask; every value but 0 is inside. */
export function encodeMask(mask: ScalarMap): RunLengthMask {
  checkMap(mask, 'encodeMask');
  const { width, height } = mask;
  const changes = maskChanges(mask);
  const counts = new Uint32Array(changes.length + 1);
  let before = 0;
  for (let i = 0; i < changes.length; i++) {
    counts[i] = changes[i]! - before;
    before = changes[i]!;
  }
  counts[changes.length] = width * height - before;
  return { width, height, counts };
}

/** The pixels of a mask. */
export function decodeMask(mask: RunLengthMask): PixelMask {
  checkRuns(mask, 'decodeMask');
  const { width, height } = mask;
  const data = new Uint8Array(width * height);
  forEachRun(mask, (start, end) => {
    let x = Math.floor(start / height);
    let y = start - x * height;
    for (let at = start; at < end; at++) {
      data[y * width + x] = 1;
      if (++y === height) {
        y = 0;
        x++;
      }
    }
  });
  return { width, height, data };
}

/** The number of pixels inside. */
export function maskArea(mask: RunLengthMask): number {
  let area = 0;
  for (let i = 1; i < mask.counts.length; i += 2) area += mask.counts[i]!;
  return area;
}

/** The smallest box around the pixels inside, in half-open pixel edges; all zeros where there are none. */
export function maskBox(mask: RunLengthMask): Box {
  const { width, height } = mask;
  let x0 = width;
  let y0 = height;
  let x1 = 0;
  let y1 = 0;
  forEachRun(mask, (start, end) => {
    const firstColumn = Math.floor(start / height);
    const lastColumn = Math.floor((end - 1) / height);
    // A run over several columns touches the bottom of the first and the top of the next.
    const several = lastColumn > firstColumn;
    x0 = Math.min(x0, firstColumn);
    x1 = Math.max(x1, lastColumn + 1);
    y0 = several ? 0 : Math.min(y0, start - firstColumn * height);
    y1 = several ? height : Math.max(y1, end - firstColumn * height);
  });
  return x1 === 0 ? { x0: 0, y0: 0, x1: 0, y1: 0 } : { x0, y0, x1, y1 };
}

/** Throws `BAD_RUNS` unless the runs cover the image exactly. */
export function checkRuns(mask: RunLengthMask, where: string): void {
  checkSize(mask.width, mask.height, where);
  const pixels = mask.width * mask.height;
  let covered = 0;
  for (const count of mask.counts) covered += count;
  if (covered === pixels) return;
  throw new SceneError({
    code: 'BAD_RUNS',
    expected: `runs that cover ${mask.width} × ${mask.height} = ${pixels} pixels`,
    found: `runs of ${covered} pixels`,
    where,
    fix: 'Check that the size belongs to these runs (COCO writes the height first).',
  });
}

/** The runs inside that are not empty: their first places in column order, and those after their last. */
export interface InsideRuns {
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
}

/** The runs inside a mask. */
export function insideRuns(mask: RunLengthMask): InsideRuns {
  const starts = new Uint32Array(mask.counts.length >> 1);
  const ends = new Uint32Array(mask.counts.length >> 1);
  let count = 0;
  forEachRun(mask, (start, end) => {
    starts[count] = start;
    ends[count++] = end;
  });
  return { starts: starts.subarray(0, count), ends: ends.subarray(0, count) };
}

/** Calls `visit` for every run inside that is not empty, with its first place in column order and the one after its last. */
function forEachRun(mask: RunLengthMask, visit: (start: number, end: number) => void): void {
  let at = 0;
  for (let i = 0; i < mask.counts.length; i++) {
    const end = at + mask.counts[i]!;
    if (i % 2 === 1 && end > at) visit(at, end);
    at = end;
  }
}
