import { join, resolve } from 'node:path';
import { isSceneError } from '@ssl-scene/errors';
import { defaultCacheDirectory, installationDirectories } from './cache.ts';
import { findCompiler } from './compiler.ts';
import { BINDING_FILE } from './library-layout.ts';
import { type FindOptions, type FoundNative, findNative, type MissingNative } from './load.ts';
import { contentDamage, type Manifest, readManifest, sizeDamage } from './manifest.ts';
import { findPip } from './python.ts';
import { type SelfTestResult, selfTest } from './self-test.ts';
import { findTfjsPackage, type TfjsPackage } from './tfjs-package.ts';

/** How thoroughly to look. */
export interface StatusOptions extends FindOptions {
  /** Whether to read every file and to compute with the library in a child process (some seconds). Default false. */
  readonly verify?: boolean;
}

/** One installation in the cache. */
export interface Installation {
  readonly directory: string;
  readonly manifest: Manifest | undefined;
  /** What is wrong with it, or `undefined`. */
  readonly damage: string | undefined;
}

/** What is needed to install, and whether it is there. */
export interface Requirement {
  readonly name: 'package' | 'pip' | 'compiler';
  /** What was found, or `undefined`. */
  readonly found: string | undefined;
  /** What to do where nothing was found. */
  readonly fix: string | undefined;
}

/** All that is to say about the native library of this machine. */
export interface NativeStatus {
  readonly usable: boolean;
  readonly native: FoundNative | MissingNative;
  /** Result of the self-test, where asked for and passed. */
  readonly tested: SelfTestResult | undefined;
  readonly cacheDirectory: string;
  readonly installations: readonly Installation[];
  readonly requirements: readonly Requirement[];
}

/** Looks at the native library, the cache and the tools; changes nothing but the links into the package. */
export async function nativeStatus(options: StatusOptions = {}): Promise<NativeStatus> {
  const cacheDirectory = resolve(options.cacheDirectory ?? defaultCacheDirectory());
  const found = findNative(options);
  const { native, tested } = options.verify ? await verify(found) : { native: found, tested: undefined };
  const tfjs = findTfjsPackage(options.resolveFrom);
  return {
    usable: !('reason' in native),
    native,
    tested,
    cacheDirectory,
    installations: await listInstallations(cacheDirectory, options.verify ?? false),
    requirements: [
      describePackage(tfjs),
      await requirement('pip', findPip),
      await requirement('compiler', findCompiler),
    ],
  };
}

async function verify(
  found: FoundNative | MissingNative,
): Promise<{ native: FoundNative | MissingNative; tested: SelfTestResult | undefined }> {
  if ('reason' in found) return { native: found, tested: undefined };
  const { packageDirectory, installation } = found;
  const damage = installation && (await contentDamage(installation.directory, installation.manifest));
  if (damage !== undefined) {
    const native = {
      reason: `the native library is damaged: ${damage}`,
      fix: 'Run `ssl-scene native install --force`.',
    };
    return { native, tested: undefined };
  }
  try {
    const tested = await selfTest({ packageDirectory, bindingPath: join(packageDirectory, BINDING_FILE) });
    return { native: found, tested };
  } catch (error) {
    if (!isSceneError(error)) throw error;
    return { native: { reason: error.message, fix: error.fix }, tested: undefined };
  }
}

/** The installations in a cache folder; with `contents`, every file is read. */
async function listInstallations(cacheDirectory: string, contents: boolean): Promise<Installation[]> {
  const installations: Installation[] = [];
  for (const directory of installationDirectories(cacheDirectory)) {
    const manifest = readManifest(directory);
    const check = contents ? contentDamage : sizeDamage;
    const damage = manifest === undefined ? 'there is no manifest' : await check(directory, manifest);
    installations.push({ directory, manifest, damage });
  }
  return installations;
}

function describePackage(tfjs: TfjsPackage | undefined): Requirement {
  const fix = 'npm install --ignore-scripts @tensorflow/tfjs-node-gpu@4.22.0';
  if (tfjs === undefined) return { name: 'package', found: undefined, fix };
  return { name: 'package', found: `@tensorflow/tfjs-node-gpu ${tfjs.version} in ${tfjs.directory}`, fix: undefined };
}

async function requirement(
  name: 'pip' | 'compiler',
  find: () => Promise<{ readonly command: readonly string[]; readonly version: string }>,
): Promise<Requirement> {
  try {
    const { command, version } = await find();
    return { name, found: `${command.join(' ')} (${version})`, fix: undefined };
  } catch (error) {
    if (!isSceneError(error)) throw error;
    return { name, found: undefined, fix: error.fix };
  }
}
