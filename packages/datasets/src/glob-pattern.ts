import { SceneError } from '@ssl-scene/errors';

const SPECIAL = /[\\^$.|+()]/;

/**
 * A regular expression for paths whose steps are apart by `/`. `*` and `?` stand for any characters and for one within a step,
 * `[a-z]` and `[!a-z]` for one of a set, `**` for any number of whole steps, `{jpg,png}` for alternatives.
 *
 * @throws SceneError `BAD_OPTION` for brackets or braces that are not closed
 */
export function globPattern(pattern: string): RegExp {
  let source = '';
  let depth = 0;
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern[at]!;
    if (pattern.startsWith('**/', at) && isStepStart(pattern, at)) {
      source += '(?:[^/]+/)*';
      at += 2;
    } else if (character === '*') {
      const isDeep = pattern[at + 1] === '*';
      source += isDeep ? '.*' : '[^/]*';
      if (isDeep) at++;
    } else if (character === '?') {
      source += '[^/]';
    } else if (character === '[') {
      const end = pattern.indexOf(']', at + 2);
      if (end < 0) throw unclosed(pattern, '[');
      source += characterSet(pattern.slice(at + 1, end));
      at = end;
    } else if (character === '{') {
      source += '(?:';
      depth++;
    } else if (character === '}' && depth > 0) {
      source += ')';
      depth--;
    } else if (character === ',' && depth > 0) {
      source += '|';
    } else {
      source += SPECIAL.test(character) || '[]{}'.includes(character) ? `\\${character}` : character;
    }
  }
  if (depth > 0) throw unclosed(pattern, '{');
  return new RegExp(`^${source}$`, 's');
}

function isStepStart(pattern: string, at: number): boolean {
  return at === 0 || pattern[at - 1] === '/';
}

function characterSet(content: string): string {
  const isNegated = content.startsWith('!') || content.startsWith('^');
  const members = (isNegated ? content.slice(1) : content).replace(/[\\\]^[]/g, '\\$&');
  return isNegated ? `[^/${members}]` : `[${members}]`;
}

function unclosed(pattern: string, bracket: string): SceneError {
  return new SceneError({
    code: 'BAD_OPTION',
    expected: 'a pattern whose brackets and braces are closed',
    found: `"${pattern}", with an open ${bracket}`,
    where: 'a pattern of paths',
    fix: 'Close it.',
  });
}
