import { SceneError } from '@ssl-scene/errors';

/** Throws unless `value` is a finite number in `[low, high]`. */
export function checkNumber(value: number, low: number, high: number, where: string): void {
  if (typeof value === 'number' && Number.isFinite(value) && value >= low && value <= high) return;
  throw new SceneError({
    code: 'BAD_VALUE',
    expected: describeRange(low, high),
    found: typeof value === 'number' ? String(value) : `a value of type ${typeof value}`,
    where,
    fix: 'Give a value in this range.',
  });
}

/** Throws unless `value` is a whole number in `[low, high]`. */
export function checkInteger(value: number, low: number, high: number, where: string): void {
  checkNumber(value, low, high, where);
  if (Number.isInteger(value)) return;
  throw new SceneError({
    code: 'BAD_VALUE',
    expected: `a whole number from ${low} to ${high}`,
    found: String(value),
    where,
    fix: 'Give a whole number.',
  });
}

/** The range in words, for messages. */
export function describeRange(low: number, high: number): string {
  if (high < Number.POSITIVE_INFINITY) return `a number from ${low} to ${high}`;
  if (low === Number.MIN_VALUE) return 'a positive finite number';
  return low > Number.NEGATIVE_INFINITY ? `a finite number of at least ${low}` : 'a finite number';
}
