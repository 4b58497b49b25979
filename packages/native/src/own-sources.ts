import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folder of the C++ source of this package's own operations. */
const FOLDER = fileURLToPath(new URL('../kernels/', import.meta.url));

/** The files that are compiled into the binding. */
export function kernelSources(): string[] {
  return kernelFiles().filter((path) => path.endsWith('.cc'));
}

/** The source of the addon that starts a program again. */
export const RESTART_SOURCE = fileURLToPath(new URL('../restart/restart.cc', import.meta.url));

/** Eight letters that change with any of the source: part of an installation's name. */
export function sourcesKey(): string {
  const hash = createHash('sha256');
  for (const path of [...kernelFiles(), RESTART_SOURCE]) hash.update(readFileSync(path));
  return hash.digest('hex').slice(0, 8);
}

function kernelFiles(): string[] {
  return readdirSync(FOLDER)
    .sort()
    .map((name) => join(FOLDER, name));
}
