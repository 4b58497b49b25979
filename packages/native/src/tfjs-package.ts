import {
  existsSync,
  lstatSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, sep } from 'node:path';
import { SceneError } from '@ssl-scene/errors';
import { BINDING_FILE } from './library-layout.ts';

/** The installed npm package whose binding is built. */
export interface TfjsPackage {
  /** Its real folder: with pnpm, inside the virtual store. */
  readonly directory: string;
  readonly version: string;
}

const PACKAGE_NAME = '@tensorflow/tfjs-node-gpu';
const LINKED_FOLDERS = ['deps', 'lib'] as const;

/** The package as Node finds it from a file, or a folder with a trailing slash (default: from this package); `undefined` where it is absent. */
export function findTfjsPackage(from: string = import.meta.url): TfjsPackage | undefined {
  try {
    const manifestPath = createRequire(from).resolve(`${PACKAGE_NAME}/package.json`);
    const { version } = JSON.parse(readFileSync(manifestPath, 'utf8')) as { version: string };
    return { directory: realpathSync(dirname(manifestPath)), version };
  } catch {
    return undefined;
  }
}

/**
 * As {@link findTfjsPackage}, for those that cannot go on without.
 *
 * @throws SceneError `NATIVE_PACKAGE_MISSING`.
 */
export function requireTfjsPackage(from?: string): TfjsPackage {
  const found = findTfjsPackage(from);
  if (found !== undefined) return found;
  throw new SceneError({
    code: 'NATIVE_PACKAGE_MISSING',
    expected: `the npm package ${PACKAGE_NAME}, whose binding is to be built`,
    found: 'no such package',
    where: 'node_modules',
    fix: `Install it without its script: npm install --ignore-scripts ${PACKAGE_NAME}@4.22.0.`,
  });
}

/**
 * What the package's binding is: `own` where its own install script made it, `linked` where it is a link to an
 * installation of this package (whose folder is given), `none` where there is none or the link leads nowhere.
 */
export function bindingState(
  tfjs: TfjsPackage,
): { kind: 'own' } | { kind: 'linked'; installation: string } | { kind: 'none' } {
  if (!existsSync(join(tfjs.directory, BINDING_FILE))) return { kind: 'none' };
  const library = join(tfjs.directory, 'lib');
  if (!lstatSync(library).isSymbolicLink()) return { kind: 'own' };
  return { kind: 'linked', installation: dirname(realpathSync(library)) };
}

/**
 * Links an installation's `deps` and `lib` into the package, replacing what is there. Safe when two processes do it at
 * once: each link is made under another name and moved into place.
 *
 * @throws SceneError `NATIVE_LINK` where the package's folder cannot be written.
 */
export function linkIntoPackage(tfjs: TfjsPackage, installation: string): void {
  try {
    for (const folder of LINKED_FOLDERS) replaceByLink(join(tfjs.directory, folder), join(installation, folder));
  } catch (cause) {
    throw new SceneError({
      code: 'NATIVE_LINK',
      expected: `to write into the folder of ${PACKAGE_NAME}`,
      found: (cause as Error).message,
      where: tfjs.directory,
      fix: 'Make the folder writable for this user, or run the command as the user who installed the packages.',
      cause,
    });
  }
}

function replaceByLink(path: string, target: string): void {
  if (linkTarget(path) === target) return;
  const temporary = `${path}.${process.pid}.tmp`;
  rmSync(temporary, { force: true });
  symlinkSync(target, temporary);
  if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory()) rmSync(path, { recursive: true, force: true });
  renameSync(temporary, path);
}

function linkTarget(path: string): string | undefined {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ? readlinkSync(path) : undefined;
}

/** Removes the links from the package where they lead below `cacheRoot`; returns the removed paths. */
export function unlinkFromPackage(tfjs: TfjsPackage, cacheRoot: string): string[] {
  const links = LINKED_FOLDERS.map((folder) => join(tfjs.directory, folder));
  const ours = links.filter((path) => linkTarget(path)?.startsWith(cacheRoot + sep));
  for (const path of ours) unlinkSync(path);
  return ours;
}
