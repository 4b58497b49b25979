import { copyFile, link, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { installationDirectories } from './cache.ts';
import { HEADERS_FOLDER } from './library-layout.ts';
import { contentDamage, type FileRecord, type Manifest, readManifest } from './manifest.ts';

/** TensorFlow's libraries and headers as they lie in an installation, by path relative to it. */
export interface Libraries {
  readonly wheels: Manifest['wheels'];
  readonly files: Readonly<Record<string, FileRecord>>;
  readonly headers: Readonly<Record<string, FileRecord>>;
}

/** An installation whose libraries another one can share. */
export interface LibrarySource extends Libraries {
  readonly directory: string;
}

/** The files of an installation that come from wheels, told apart. */
export function sortRecords(records: Readonly<Record<string, FileRecord>>): Pick<Libraries, 'files' | 'headers'> {
  const below = (folder: string): Record<string, FileRecord> =>
    Object.fromEntries(Object.entries(records).filter(([path]) => path.startsWith(`${folder}/`)));
  return { files: below('deps'), headers: below(HEADERS_FOLDER) };
}

/** A sound installation from the same wheels: of another version of the binding or of the own operations. */
export async function findLibraries(
  cacheDirectory: string,
  wheels: Manifest['wheels'],
  except: string,
): Promise<LibrarySource | undefined> {
  for (const directory of installationDirectories(cacheDirectory)) {
    if (directory === except) continue;
    const manifest = readManifest(directory);
    if (manifest?.headers === undefined || !isSame(manifest.wheels, wheels)) continue;
    const { wheels: from, files, headers } = manifest;
    const everything = { ...files, ...headers };
    if ((await contentDamage(directory, { ...manifest, files: everything })) !== undefined) continue;
    return { directory, wheels: from, ...sortRecords(everything) };
  }
  return undefined;
}

/** Puts an installation's libraries and headers into another folder, as the same files where the disk can do that. */
export async function shareLibraries(source: LibrarySource, target: string): Promise<Libraries> {
  const { wheels, files, headers } = source;
  for (const path of Object.keys({ ...files, ...headers })) {
    const [from, to] = [join(source.directory, path), join(target, path)];
    await mkdir(dirname(to), { recursive: true });
    await link(from, to).catch(() => copyFile(from, to));
  }
  return { wheels, files, headers };
}

function isSame(some: Manifest['wheels'], others: Manifest['wheels']): boolean {
  const names = (wheels: Manifest['wheels']): string =>
    wheels.map(({ fileName, sha256 }) => `${fileName} ${sha256}`).join('\n');
  return names(some) === names(others);
}
