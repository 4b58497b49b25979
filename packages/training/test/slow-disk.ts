import { createRequire, syncBuiltinESMExports } from 'node:module';

const files = createRequire(import.meta.url)('node:fs/promises') as typeof import('node:fs/promises');
const open = files.open;

/** Calls `before` ahead of every file that is opened to be written, until the returned function is called. */
export function beforeWriting(before: (path: string) => void | Promise<void>): () => void {
  files.open = async (path, flags, mode) => {
    if (flags === 'w') await before(String(path));
    return open(path, flags, mode);
  };
  syncBuiltinESMExports();
  return () => {
    files.open = open;
    syncBuiltinESMExports();
  };
}

/** What the system says when a disk is full. */
export function diskFull(path: string): Error {
  return Object.assign(new Error(`ENOSPC: no space left on device, write '${path}'`), { code: 'ENOSPC' });
}
