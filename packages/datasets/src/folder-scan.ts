import { type Dirent, readdirSync, realpathSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import { compareCodePoints } from './code-point-order.ts';
import { unreadable } from './data-path.ts';

export interface FolderScan {
  /** Paths of the pictures relative to the root, with `/`: by folder below the root, then by folder, then by name, all in code-point order. */
  readonly files: readonly string[];
  /** Names of the folders directly below the root, in code-point order. */
  readonly topFolders: readonly string[];
  /** Number of files left out by extension (lower case, empty for none). */
  readonly leftOut: ReadonlyMap<string, number>;
}

/**
 * Finds the files with given extensions below a folder. Links are followed, a folder reached twice is searched once; names that
 * begin with a dot are skipped, as are the `__MACOSX` folders of unpacked archives.
 */
export function scanFolder(root: string, extensions: readonly string[]): FolderScan {
  const wanted = new Set(extensions.map((extension) => extension.toLowerCase()));
  const leftOut = new Map<string, number>();
  const folders: { path: string; files: string[] }[] = [];
  const visited = new Set<string>();
  let topFolders: string[] = [];

  const visit = (folder: string): void => {
    const absolute = join(root, folder);
    const identity = realpathSync(absolute);
    if (visited.has(identity)) return;
    visited.add(identity);
    const { subfolders, files } = listFolder(absolute);
    if (folder === '') topFolders = subfolders.sort(compareCodePoints);
    const pictures: string[] = [];
    for (const name of files) {
      const extension = extname(name).toLowerCase();
      if (wanted.has(extension)) pictures.push(name);
      else leftOut.set(extension, (leftOut.get(extension) ?? 0) + 1);
    }
    folders.push({ path: folder, files: pictures.sort(compareCodePoints) });
    for (const name of subfolders) visit(folder === '' ? name : `${folder}/${name}`);
  };
  visit('');

  folders.sort((a, b) => compareCodePoints(topOf(a.path), topOf(b.path)) || compareCodePoints(a.path, b.path));
  const files = folders.flatMap(({ path, files }) => (path === '' ? files : files.map((name) => `${path}/${name}`)));
  return { files, topFolders, leftOut };
}

/** The first step of a path: `a-b` comes after everything in `a`, though `-` sorts before `/`. */
function topOf(path: string): string {
  return path.split('/', 1)[0]!;
}

function listFolder(path: string): { subfolders: string[]; files: string[] } {
  let entries: Dirent[];
  try {
    entries = readdirSync(path, { withFileTypes: true });
  } catch (cause) {
    throw unreadable(path, cause);
  }
  const subfolders: string[] = [];
  const files: string[] = [];
  for (const entry of entries) {
    if (entry.name.startsWith('.') || entry.name === '__MACOSX') continue;
    const type = entry.isSymbolicLink() ? typeOfTarget(join(path, entry.name)) : entry;
    if (type?.isDirectory()) subfolders.push(entry.name);
    // A link that leads nowhere stays in the list: it is a picture that cannot be read, and will be reported as one.
    else if (type === undefined || type.isFile()) files.push(entry.name);
  }
  return { subfolders, files };
}

function typeOfTarget(path: string): { isDirectory(): boolean; isFile(): boolean } | undefined {
  return statSync(path, { throwIfNoEntry: false });
}
