import { realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { activeLink, defaultCacheDirectory } from './cache.ts';
import { type Manifest, readManifest, sizeDamage } from './manifest.ts';
import { bindingState, findTfjsPackage, linkIntoPackage, type TfjsPackage } from './tfjs-package.ts';

/** Where to look for the native library. */
export interface FindOptions {
  /** Folder of installations. Default {@link defaultCacheDirectory}. */
  readonly cacheDirectory?: string;
  /** A file, or a folder with a trailing slash, from which `@tensorflow/tfjs-node-gpu` is looked up. Default: this package. */
  readonly resolveFrom?: string;
}

/** A native library that is there and whole. */
export interface FoundNative {
  /** Folder of `@tensorflow/tfjs-node-gpu`. */
  readonly packageDirectory: string;
  /** The installation, or `undefined` where the package's own install script made the binding. */
  readonly installation: { readonly directory: string; readonly manifest: Manifest } | undefined;
}

/** Why there is no native library, and what to do about it. */
export interface MissingNative {
  readonly reason: string;
  readonly fix: string;
}

const INSTALL = 'Run `ssl-scene native install`.';

/**
 * Finds the native library without loading it: the one that the package has, else the installation of this user's cache,
 * which is then linked into the package (a second checkout costs nothing). Never fetches or builds anything.
 */
export function findNative(options: FindOptions = {}): FoundNative | MissingNative {
  const tfjs = findTfjsPackage(options.resolveFrom);
  if (tfjs === undefined) {
    return {
      reason: 'the optional package @tensorflow/tfjs-node-gpu is not installed',
      fix: 'Install it without its script: npm install --ignore-scripts @tensorflow/tfjs-node-gpu@4.22.0.',
    };
  }
  const state = bindingState(tfjs);
  if (state.kind === 'own') return { packageDirectory: tfjs.directory, installation: undefined };
  if (state.kind === 'linked') return describeInstallation(tfjs, state.installation);
  return findInCache(tfjs, resolve(options.cacheDirectory ?? defaultCacheDirectory()));
}

function findInCache(tfjs: TfjsPackage, cacheRoot: string): FoundNative | MissingNative {
  let installation: string;
  try {
    installation = realpathSync(activeLink(cacheRoot, tfjs.version));
  } catch {
    return { reason: 'the native library is not installed', fix: INSTALL };
  }
  const found = describeInstallation(tfjs, installation);
  if ('reason' in found) return found;
  try {
    linkIntoPackage(tfjs, installation);
  } catch (error) {
    return { reason: (error as Error).message, fix: INSTALL };
  }
  return found;
}

function describeInstallation(tfjs: TfjsPackage, directory: string): FoundNative | MissingNative {
  const manifest = readManifest(directory);
  if (manifest === undefined) return { reason: `the installation in ${directory} has no manifest`, fix: INSTALL };
  const damage = sizeDamage(directory, manifest);
  if (damage !== undefined) return { reason: `the native library is damaged: ${damage} (${directory})`, fix: INSTALL };
  return { packageDirectory: tfjs.directory, installation: { directory, manifest } };
}

/** The module tfjs-node-gpu, as far as this package knows it: tfjs with the backend `tensorflow` registered and set. */
export interface NativeModule {
  readonly version: Readonly<Record<string, string>>;
  readonly [name: string]: unknown;
}

/** The loaded module with where it came from. */
export interface LoadedNative extends FoundNative {
  readonly module: NativeModule;
}

/**
 * Loads tfjs-node-gpu with the native library, or says why it cannot. Once per process and on the main thread only: the
 * binding holds global state. TensorFlow's own log is limited to warnings unless `TF_CPP_MIN_LOG_LEVEL` is set.
 */
export function loadNative(options: FindOptions = {}): LoadedNative | MissingNative {
  const found = findNative(options);
  if ('reason' in found) return found;
  restoreIsNullOrUndefined();
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '1';
  try {
    const module = createRequire(import.meta.url)(found.packageDirectory) as NativeModule;
    return { ...found, module };
  } catch (error) {
    const path = found.installation?.directory ?? join(found.packageDirectory, 'lib');
    return {
      reason: `tfjs-node-gpu does not load: ${(error as Error).message.split('\n')[0]} (${path})`,
      fix: 'Run `ssl-scene native install --force`.',
    };
  }
}

// tfjs-node calls util.isNullOrUndefined, which Node 23 removed.
function restoreIsNullOrUndefined(): void {
  const util = createRequire(import.meta.url)('node:util') as Record<string, unknown>;
  util.isNullOrUndefined ??= (value: unknown): boolean => value === null || value === undefined;
}
