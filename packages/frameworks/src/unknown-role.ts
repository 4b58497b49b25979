import { closest, SceneError } from '@ssl-scene/errors';

/** The error for a pair of a role for which a framework has no state. */
export function unknownRole(role: string, roles: readonly string[]): SceneError {
  const near = closest(role, roles);
  return new SceneError({
    code: 'UNKNOWN_ROLE',
    expected: `one of ${roles.join(', ')}`,
    found: JSON.stringify(role),
    where: 'a pair',
    fix: near ? `Did you mean ${near}?` : 'List the role in the option roles.',
  });
}
