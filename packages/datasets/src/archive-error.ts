import { SceneError } from '@ssl-scene/errors';

/** An archive that is cut or does not follow its format. */
export function brokenArchive(where: string, found: string, cause?: unknown): SceneError {
  return new SceneError({
    code: 'BROKEN_ARCHIVE',
    expected: 'a whole and valid archive',
    found,
    where,
    fix: 'Fetch or make the archive again.',
    cause,
  });
}
