import { copyFile, cp, link, mkdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { installationDirectories } from './cache.ts';
import { HEADERS_FOLDER } from './library-layout.ts';
import { contentDamage, type FileRecord, type Manifest, readManifest } from './manifest.ts';

/** TensorFlow's libraries as they lie in an installation, by path relative to it. */
export interface Libraries {
  readonly wheels: Manifest['wheels'];
  readonly files: Readonly<Record<string, FileRecord>>;
}

/** An installation whose libraries another one can share. */
export interface LibrarySource extends Libraries {
  readonly directory: string;
}

/** The files of an installation that come from wheels and stay. */
export function libraryRecords(files: Readonly<Record<string, FileRecord>>): Record<string, FileRecord> {
  return Object.fromEntries(Object.entries(files).filter(([path]) => path.startsWith('deps/')));
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
    if (manifest === undefined || !isSame(manifest.wheels, wheels)) continue;
    const hasHeaders = await stat(join(directory, HEADERS_FOLDER)).then(
      (stats) => stats.isDirectory(),
      () => false,
    );
    if (!hasHeaders || (await contentDamage(directory, manifest)) !== undefined) continue;
    return { directory, wheels: manifest.wheels, files: libraryRecords(manifest.files) };
  }
  return undefined;
}

/** Puts an installation's libraries and headers into another folder; libraries as the same files, where the disk can do that. */
export async function shareLibraries(source: LibrarySource, target: string): Promise<Libraries> {
  for (const path of Object.keys(source.files)) {
    const [from, to] = [join(source.directory, path), join(target, path)];
    await mkdir(dirname(to), { recursive: true });
    await link(from, to).catch(() => copyFile(from, to));
  }
  await cp(join(source.directory, HEADERS_FOLDER), join(target, HEADERS_FOLDER), { recursive: true });
  return { wheels: source.wheels, files: source.files };
}

function isSame(some: Manifest['wheels'], others: Manifest['wheels']): boolean {
  const names = (wheels: Manifest['wheels']): string =>
    wheels.map(({ fileName, sha256 }) => `${fileName} ${sha256}`).join('\n');
  return names(some) === names(others);
}
