import { badAnnotation } from './annotation-error.ts';
import { readDataFile } from './data-path.ts';

/** The options by which images are left out. */
export interface Exclusion {
  readonly exclude?: readonly string[];
  readonly excludeLists?: readonly string[];
}

/** All ids that are to be left out. A line of a list is an id as a whole; lines that begin with `#` are comments. */
export function excludedIds({ exclude = [], excludeLists = [] }: Exclusion): ReadonlySet<string> {
  return new Set([...exclude, ...excludeLists.flatMap(readExclusionList)]);
}

function readExclusionList(file: string): string[] {
  const text = new TextDecoder().decode(readDataFile(file));
  if (text.includes('\0')) throw badAnnotation(file, 'the whole file', 'a text file of ids, one a line', 'binary data');
  return text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map(unescapeId);
}

/** An id as a line of an exclusion list; the few that would be misread there are written as JSON strings. */
export function escapeId(id: string): string {
  return /^[#"]|[\r\n]/.test(id) || id === '' ? JSON.stringify(id) : id;
}

/** The lines of an exclusion list for ids that are left out for one reason. */
export function exclusionSection(reason: string, ids: readonly string[]): string[] {
  return ids.length === 0 ? [] : [`# ${reason}: ${ids.length}`, ...ids.map(escapeId)];
}

function unescapeId(line: string): string {
  if (!line.startsWith('"')) return line;
  try {
    const id: unknown = JSON.parse(line);
    return typeof id === 'string' ? id : line;
  } catch {
    return line;
  }
}
