import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { SceneError } from '@ssl-scene/errors';

/**
 * Takes a lock file with the number of this process in it; a lock whose process is gone does not count.
 *
 * @returns gives the lock back
 * @throws SceneError `FILE_LOCKED`
 */
export function lockFile(file: string): () => void {
  if (!tryLock(file)) {
    const owner = Number(readOwner(file));
    if (isAlive(owner)) throw locked(file, owner);
    rmSync(file, { force: true });
    if (!tryLock(file)) throw locked(file, Number(readOwner(file)));
  }
  return () => rmSync(file, { force: true });
}

function tryLock(file: string): boolean {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function readOwner(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function isAlive(pid: number): boolean {
  if (!(pid > 0)) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function locked(file: string, owner: number): SceneError {
  return new SceneError({
    code: 'FILE_LOCKED',
    expected: 'one process that packs into a file',
    found: `process ${owner}, which does so already`,
    where: file,
    fix: 'Wait for it, or remove the lock file if it is none of ours.',
  });
}
