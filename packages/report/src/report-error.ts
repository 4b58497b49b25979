import { SceneError } from '@ssl-scene/errors';

/** The error for an argument that cannot be drawn. */
export function badArgument(where: string, expected: string, found: string, fix: string): SceneError {
  return new SceneError({ code: 'BAD_ARGUMENT', where, expected, found, fix });
}
