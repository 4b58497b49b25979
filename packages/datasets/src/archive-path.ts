import { join } from 'node:path';
import { SceneError } from '@ssl-scene/errors';

/**
 * Where a member of an archive goes below a folder.
 *
 * @throws SceneError `UNSAFE_ARCHIVE` for names that could lead out of the folder, or mean something else on other systems
 */
export function archivePath(folder: string, name: string, archive: string): string {
  const steps = name.split('/').filter((step) => step !== '' && step !== '.');
  const isAbsolute = name.startsWith('/') || /^[a-z]:/i.test(name);
  if (isAbsolute || steps.includes('..') || /[\\\0]/.test(name)) throw unsafe(archive, `a member "${name}"`);
  return join(folder, ...steps);
}

export function unsafe(archive: string, found: string): SceneError {
  return new SceneError({
    code: 'UNSAFE_ARCHIVE',
    expected: 'files and folders below the folder into which the archive is unpacked',
    found,
    where: archive,
    fix: 'Do not unpack this archive; it is not the published one.',
  });
}
