import { SceneError } from '@ssl-scene/errors';
import type { Pair, PairSpec } from './pair.ts';
import { unknownRole } from './unknown-role.ts';

export interface MultiCropOptions {
  /** Names of the large views, at least one. */
  readonly large: readonly string[];
  /** Names of the small views. Default none. */
  readonly small?: readonly string[];
  /** Role of pairs of large views. Default `global`. */
  readonly largeRole?: string;
  /** Role of pairs of a large and a small view. Default `local`. */
  readonly smallRole?: string;
}

/**
 * The pairs of multi-crop training (SwAV, DINO): every view predicts every large view but itself, all predictions counting
 * the same. With G large and S small views there are T = G (G + S - 1) predictions. A pair of large views stands for two
 * and is the mean of both, so its factor is 2 / T; a pair of a large and a small view has 1 / T. The sum over all pairs of
 * factor times loss is the mean over the T predictions.
 */
export function multiCropPairs(options: MultiCropOptions): PairSpec[] {
  const { large, small = [], largeRole = 'global', smallRole = 'local' } = options;
  const count = large.length * (large.length + small.length - 1);
  if (count <= 0) {
    throw new SceneError({
      code: 'MULTI_CROP_VIEWS',
      expected: 'at least two views, one of them large',
      found: `${large.length} large and ${small.length} small views`,
      where: 'multiCropPairs',
      fix: "Give for example { large: ['a', 'b'], small: ['c', 'd'] }.",
    });
  }
  const among = large.flatMap((a, index) =>
    large.slice(index + 1).map((b) => ({ role: largeRole, a, b, factor: 2 / count })),
  );
  const below = large.flatMap((a) => small.map((b) => ({ role: smallRole, a, b, factor: 1 / count })));
  return [...among, ...below];
}

/** Roles as a framework with targets knows them. */
export interface MultiCropRoles {
  /** Roles of pairs in which both views give targets. */
  readonly roles: readonly string[];
  /** Roles of pairs in which only the first view, the large one, gives a target. */
  readonly smallRoles: readonly string[];
}

/** Names of the views of a pair that give targets to the other one. */
export function targetViews({ role, a, b }: Pick<Pair, 'role' | 'a' | 'b'>, known: MultiCropRoles): string[] {
  if (known.roles.includes(role)) return [a, b];
  if (known.smallRoles.includes(role)) return [a];
  throw unknownRole(role, [...known.roles, ...known.smallRoles]);
}

/** The other view of a pair. */
export function partner({ a, b }: Pick<Pair, 'a' | 'b'>, name: string): string {
  return name === a ? b : a;
}
