import { SceneError } from '@ssl-scene/errors';

const MOST_NAMES = 1_000_000;

/**
 * The names that a pattern stands for: `{000..099}` for all whole numbers of a range, with as many digits as its first, `{a,b}`
 * for alternatives. A name without braces stands for itself.
 *
 * @throws SceneError `BAD_OPTION` where there are more than a million
 */
export function expandBraces(pattern: string): string[] {
  let names = [''];
  let end = 0;
  for (const match of pattern.matchAll(/\{(?:(\d+)\.\.(\d+)|([^{}]*,[^{}]*))\}/g)) {
    const before = pattern.slice(end, match.index);
    const alternatives = match[3]?.split(',') ?? numberRange(match[1]!, match[2]!, pattern);
    if (names.length * alternatives.length > MOST_NAMES) throw tooMany(pattern);
    names = names.flatMap((name) => alternatives.map((alternative) => name + before + alternative));
    end = match.index + match[0].length;
  }
  return names.map((name) => name + pattern.slice(end));
}

function numberRange(first: string, last: string, pattern: string): string[] {
  const count = Number(last) - Number(first) + 1;
  if (count > MOST_NAMES) throw tooMany(pattern);
  return Array.from({ length: Math.max(0, count) }, (_, i) => String(Number(first) + i).padStart(first.length, '0'));
}

function tooMany(pattern: string): SceneError {
  return new SceneError({
    code: 'BAD_OPTION',
    expected: `a pattern that stands for at most ${MOST_NAMES} names`,
    found: `"${pattern}"`,
    where: 'a list of files',
    fix: 'Correct the ranges in braces.',
  });
}
