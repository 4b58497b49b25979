import { SceneError } from '@ssl-scene/errors';
import { randomStream } from '@ssl-scene/random';

/** The weight of a probe's penalty, or how it is chosen. */
export interface PenaltyOptions {
  /**
   * λ: the fit minimises Σ log loss + ½·λ·‖W‖², a sum and not a mean over the rows, intercepts free; λ = 1/C of
   * scikit-learn. Above 0. Of several, the one that does best on a part of the training rows is taken, after a fit to the
   * others; the last fit is to all of them. The test rows have no say. Default 1.
   */
  readonly l2?: number | readonly number[];
  /** Share of the labelled training rows that choose, drawn at random. Above 0, below 1. Default 0.2. */
  readonly validationShare?: number;
  /** Decides which rows these are. Default 0. */
  readonly seed?: number;
  /**
   * A number for each training row: rows with the same number, such as objects of one image, choose together or not at all.
   * Without it, rows that resemble each other make weak penalties look good. Default: each row stands for itself.
   */
  readonly groups?: ArrayLike<number>;
}

/** How a probe is fitted. */
export interface ProbeOptions extends PenaltyOptions {
  /**
   * Subtract the training mean from each column and divide by the training deviation, in both sets. Default true;
   * without it the penalty's weight depends on the features' scale.
   */
  readonly standardise?: boolean;
  /** Most steps of L-BFGS. Default 1000. */
  readonly maxIterations?: number;
  /** Stop once no component of the gradient of the objective divided by the rows exceeds this. Default 1e-6. */
  readonly tolerance?: number;
}

/** A choice needs fits no finer than this; scikit-learn's default tolerance. */
const CHOICE_TOLERANCE = 1e-4;

/** The tolerance of fits that only choose. */
export const choiceTolerance = ({ tolerance = 0 }: ProbeOptions): number => Math.max(tolerance, CHOICE_TOLERANCE);

/** How well a penalty did on the rows that choose. */
export interface TriedPenalty {
  readonly l2: number;
  readonly validation: number;
}

export interface PenaltyChoice {
  readonly l2: number;
  /** In the order of the options; empty where there was nothing to choose. */
  readonly tried: readonly TriedPenalty[];
}

/**
 * The best of several penalties; of equally good ones the largest.
 *
 * @param rows labelled training rows. @param score how well a fit to `fitted` does on `held`.
 */
export function choosePenalty(
  { l2 = 1, validationShare = 0.2, seed = 0, groups }: PenaltyOptions,
  rows: readonly number[],
  score: (l2: number, fitted: readonly number[], held: readonly number[]) => number,
): PenaltyChoice {
  const candidates = [l2].flat();
  if (candidates.length === 1) return { l2: candidates[0]!, tried: [] };
  const { fitted, held } = splitRows(rows, groups, validationShare, seed);
  const tried = candidates.map((candidate) => ({ l2: candidate, validation: score(candidate, fitted, held) }));
  const best = tried.reduce((a, b) => (isBetter(b, a) ? b : a));
  return { l2: best.l2, tried };
}

/** Some of the groups, drawn at random until they have their share of the rows; both parts ascending, neither empty. */
function splitRows(
  rows: readonly number[],
  groups: ArrayLike<number> | undefined,
  validationShare: number,
  seed: number,
): { fitted: number[]; held: number[] } {
  const groupOf = (row: number): number => (groups ? groups[row]! : row);
  const present = [...new Set(rows.map(groupOf))];
  const drawn = new Set<number>();
  const rowsOfGroup = new Map<number, number>();
  for (const row of rows) rowsOfGroup.set(groupOf(row), (rowsOfGroup.get(groupOf(row)) ?? 0) + 1);
  let count = 0;
  for (const place of randomStream(seed, 'validation rows').permutation(present.length)) {
    if (drawn.size > 0 && (count >= validationShare * rows.length || drawn.size === present.length - 1)) break;
    drawn.add(present[place]!);
    count += rowsOfGroup.get(present[place]!)!;
  }
  return {
    fitted: rows.filter((row) => !drawn.has(groupOf(row))),
    held: rows.filter((row) => drawn.has(groupOf(row))),
  };
}

function isBetter(a: TriedPenalty, b: TriedPenalty): boolean {
  if (Number.isNaN(b.validation)) return !Number.isNaN(a.validation);
  return a.validation > b.validation || (a.validation === b.validation && a.l2 > b.l2);
}

/** Throws where an option of a probe is out of range. */
export function checkProbeOptions(
  { l2 = 1, validationShare = 0.2, maxIterations, tolerance, groups }: ProbeOptions,
  rows: number,
  where: string,
): void {
  if (groups && groups.length !== rows) {
    throw badOption('groups', `${rows} numbers, one per training row`, String(groups.length), where);
  }
  for (const value of [l2].flat()) checkPositive('l2', value, where);
  if ([l2].flat().length === 0) throw badOption('l2', 'at least one number', 'none', where);
  if (!(validationShare > 0 && validationShare < 1)) {
    throw badOption('validationShare', 'a number between 0 and 1', String(validationShare), where);
  }
  checkPositive('maxIterations', maxIterations ?? 1, where);
  checkPositive('tolerance', tolerance ?? 1, where);
}

function checkPositive(name: string, value: number, where: string): void {
  if (!Number.isFinite(value) || value <= 0) throw badOption(name, 'a finite number above 0', String(value), where);
}

function badOption(name: string, expected: string, found: string, where: string): SceneError {
  return new SceneError({
    code: 'PROBE_OPTION',
    expected,
    found,
    where: `${where}, option ${name}`,
    fix: `Correct ${name}.`,
  });
}
