import { SceneError } from '@ssl-scene/errors';

/** A range [low, high] from which a number is drawn evenly. */
export type Range = readonly [low: number, high: number];

/** The error for an option that has no meaning. */
export function badOption(where: string, name: string, expected: string, found: unknown): SceneError {
  return new SceneError({
    code: 'MASK_OPTION',
    expected,
    found: JSON.stringify(found) ?? String(found),
    where: `${where}, option ${name}`,
    fix: `Correct ${name}.`,
  });
}

/** Throws unless `value` is a number from `low` to `high`. */
export function checkNumber(where: string, name: string, value: number, [low, high]: Range): void {
  if (value >= low && value <= high) return;
  const limit = high === Number.POSITIVE_INFINITY ? `of at least ${low}` : `from ${low} to ${high}`;
  throw badOption(where, name, `a number ${limit}`, value);
}

/** Throws unless `value` is a whole number of at least `least`. */
export function checkCount(where: string, name: string, value: number, least = 1): void {
  if (Number.isInteger(value) && value >= least) return;
  throw badOption(where, name, `a whole number of at least ${least}`, value);
}

/** Throws unless `range` is one of shares: 0 ≤ low ≤ high ≤ 1. */
export function checkShares(where: string, name: string, range: Range): void {
  const [low, high] = range;
  if (range.length === 2 && low >= 0 && low <= high && high <= 1) return;
  throw badOption(where, name, '[low, high] with 0 ≤ low ≤ high ≤ 1', range);
}

/** Throws unless `value` is one of `choices`. */
export function checkChoice(where: string, name: string, value: string, choices: readonly string[]): void {
  if (choices.includes(value)) return;
  throw badOption(where, name, `one of ${choices.join(', ')}`, value);
}
