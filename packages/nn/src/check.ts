import { SceneError } from '@ssl-scene/errors';

/** Throws unless every value is a whole number from 1. */
export function checkCounts(where: string, counts: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(counts)) {
    if (Number.isSafeInteger(value) && value >= 1) continue;
    throw new SceneError({
      code: 'OPTION',
      expected: `a whole number from 1 for ${name}`,
      found: String(value),
      where,
      fix: 'Correct the option.',
    });
  }
}

/** Throws unless every value is a number in [low, high]. */
export function checkRange(where: string, values: Readonly<Record<string, number>>, low: number, high: number): void {
  for (const [name, value] of Object.entries(values)) {
    if (value >= low && value <= high) continue;
    throw new SceneError({
      code: 'OPTION',
      expected: high === Number.POSITIVE_INFINITY ? `${name} from ${low}` : `${name} in [${low}, ${high}]`,
      found: String(value),
      where,
      fix: 'Correct the option.',
    });
  }
}
