import { SceneError } from '@ssl-scene/errors';

/** Options are looked at when a framework is built, before anything is allocated or compiled. */

/** Throws unless every temperature is a finite number above 0: similarities are divided by it. */
export function checkTemperatures(framework: string, temperatures: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(temperatures)) {
    if (Number.isFinite(value) && value > 0) continue;
    throw badOption(framework, name, 'a finite number above 0', value);
  }
}

/** Throws unless every value lies between 0 and 1, both included. */
export function checkShares(framework: string, shares: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(shares)) {
    if (value >= 0 && value <= 1) continue;
    throw badOption(framework, name, 'a number from 0 to 1', value);
  }
}

/** Throws unless every value is a whole number of at least `least`. */
export function checkCounts(framework: string, counts: Readonly<Record<string, number>>, least = 1): void {
  for (const [name, value] of Object.entries(counts)) {
    if (Number.isSafeInteger(value) && value >= least) continue;
    throw badOption(framework, name, `a whole number from ${least}`, value);
  }
}

function badOption(framework: string, name: string, expected: string, found: number): SceneError {
  return new SceneError({
    code: 'BAD_OPTION',
    expected,
    found: String(found),
    where: `${framework}, option ${name}`,
    fix: 'Correct the value; the default stands in the documentation of the option.',
  });
}
