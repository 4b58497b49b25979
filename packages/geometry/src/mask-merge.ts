import { SceneError } from '@ssl-scene/errors';
import { checkRuns, type RunLengthMask } from './run-length-mask.ts';
import { RunWalk } from './run-walk.ts';

/** How masks are merged. */
export interface MergeOptions {
  /** Whether a pixel must be inside all masks (true) or inside any (false); default false. */
  readonly intersect?: boolean;
}

/**
 * The union or intersection of masks of one size, in time proportional to their runs.
 *
 * @throws SceneError `NO_MASKS` where there is none, `SIZES_DIFFER`, `BAD_RUNS`
 */
export function mergeMasks(masks: readonly RunLengthMask[], options: MergeOptions = {}): RunLengthMask {
  const { intersect = false } = options;
  const [first, ...rest] = masks;
  if (first === undefined) {
    throw new SceneError({
      code: 'NO_MASKS',
      expected: 'at least one mask',
      found: 'none',
      where: 'mergeMasks',
      fix: 'Handle images without masks before.',
    });
  }
  for (const mask of masks) checkRuns(mask, 'mergeMasks');
  return rest.reduce((merged, mask) => mergeTwo(merged, mask, intersect), first);
}

function mergeTwo(a: RunLengthMask, b: RunLengthMask, intersect: boolean): RunLengthMask {
  checkSameSize(a, b, 'mergeMasks');
  const counts: number[] = [];
  const walk = new RunWalk(a.counts, b.counts);
  let inside = false;
  let run = 0;
  while (walk.next()) {
    const both = walk.insideA && walk.insideB;
    const next = intersect ? both : walk.insideA || walk.insideB;
    if (next !== inside) {
      counts.push(run);
      run = 0;
      inside = next;
    }
    run += walk.length;
  }
  counts.push(run);
  return { width: a.width, height: a.height, counts: new Uint32Array(counts) };
}

export function checkSameSize(a: RunLengthMask, b: RunLengthMask, where: string): void {
  if (a.width === b.width && a.height === b.height) return;
  throw new SceneError({
    code: 'SIZES_DIFFER',
    expected: 'masks of one size',
    found: `${a.width} × ${a.height} and ${b.width} × ${b.height}`,
    where,
    fix: 'Compare and merge masks of the same image only.',
  });
}
