import { readdirSync, readFileSync, type Stats, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { closest, SceneError } from '@ssl-scene/errors';

/** Status of a file or folder of a data set; where it is absent, an error that suggests a neighbour of similar name. */
export function statData(path: string): Stats {
  try {
    return statSync(path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw unreadable(path, cause);
    throw new SceneError({
      code: 'DATA_NOT_FOUND',
      expected: 'an existing file or folder',
      found: 'nothing',
      where: resolve(path),
      fix: suggestion(path),
      cause,
    });
  }
}

/** Status of a folder of a data set; fails where the path is something else. */
export function requireFolder(path: string): void {
  if (statData(path).isDirectory()) return;
  throw new SceneError({
    code: 'NOT_A_FOLDER',
    expected: 'a folder',
    found: 'a file',
    where: resolve(path),
    fix: `Give the folder that holds it: ${dirname(resolve(path))}`,
  });
}

/** Content of a file that the data set cannot do without. */
export function readDataFile(path: string): Uint8Array {
  statData(path);
  try {
    return readFileSync(path);
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

/** Lines of a text file without their ends and without trailing empty lines, or undefined where there is no such file. */
export function readLines(path: string): string[] | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/);
  while (lines.length > 0 && lines.at(-1)!.trim() === '') lines.pop();
  return lines;
}

export function unreadable(path: string, cause: unknown): SceneError {
  return new SceneError({
    code: 'UNREADABLE_DATA',
    expected: 'a readable file or folder',
    found: cause instanceof Error ? cause.message : String(cause),
    where: resolve(path),
    fix: 'Check its permissions.',
    cause,
  });
}

function suggestion(path: string): string {
  const parent = dirname(resolve(path));
  let neighbours: string[];
  try {
    neighbours = readdirSync(parent);
  } catch {
    return `The folder ${parent} does not exist or cannot be read either.`;
  }
  const similar = closest(basename(path), neighbours);
  return similar === undefined ? 'Check the path.' : `Did you mean ${join(parent, similar)}?`;
}
