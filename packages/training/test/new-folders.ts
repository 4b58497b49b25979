import { rmSync } from 'node:fs';
import { afterAll } from 'vitest';
import { temporaryFolder } from './tiny-run.ts';

/** Makes temporary folders that are removed after the last test of the file that calls this. */
export function newFolders(): () => string {
  const folders: string[] = [];
  afterAll(() => {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });
  return () => {
    folders.push(temporaryFolder());
    return folders.at(-1)!;
  };
}
