import { SceneError } from '@ssl-scene/errors';
import { parse } from 'yaml';

/**
 * Applies `a.b=c` to a plain configuration and returns the changed copy. Values are YAML, so numbers, lists and booleans
 * come out as such.
 */
export function override(config: unknown, assignment: string): unknown {
  const position = assignment.indexOf('=');
  const path = assignment.slice(0, position).trim();
  if (position < 1 || path === '' || path.split('.').includes('')) {
    throw new SceneError({
      code: 'OVERRIDE_FORM',
      expected: 'path.to.key=value',
      found: JSON.stringify(assignment),
      where: '--set',
      fix: 'For example: --set training.epochs=20',
    });
  }
  const value: unknown = parse(assignment.slice(position + 1));
  return withValue(config, path.split('.'), value);
}

function withValue(target: unknown, [key, ...rest]: string[], value: unknown): unknown {
  if (key === undefined) return value;
  if (Array.isArray(target)) {
    return target.map((item, index) => (String(index) === key ? withValue(item, rest, value) : item));
  }
  const object = (typeof target === 'object' && target !== null ? target : {}) as Record<string, unknown>;
  return { ...object, [key]: withValue(object[key], rest, value) };
}
