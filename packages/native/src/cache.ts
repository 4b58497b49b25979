import { readdirSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * The per-user folder of downloads and built libraries: `SSL_SCENE_CACHE` where set, else the system's place for caches
 * (`XDG_CACHE_HOME` or `~/.cache`; `~/Library/Caches` on macOS; `%LOCALAPPDATA%` on Windows), then `ssl-scene/native`.
 */
export function defaultCacheDirectory(
  env: Readonly<Record<string, string | undefined>> = process.env,
  platform: string = process.platform,
  home: string = homedir(),
): string {
  if (env.SSL_SCENE_CACHE) return join(env.SSL_SCENE_CACHE, 'native');
  return join(systemCacheDirectory(env, platform, home), 'ssl-scene', 'native');
}

function systemCacheDirectory(
  env: Readonly<Record<string, string | undefined>>,
  platform: string,
  home: string,
): string {
  if (platform === 'darwin') return join(home, 'Library', 'Caches');
  if (platform === 'win32') return env.LOCALAPPDATA || join(home, 'AppData', 'Local');
  return env.XDG_CACHE_HOME || join(home, '.cache');
}

/** Where the parts of one installation lie. */
export interface CacheLayout {
  readonly root: string;
  /** Downloads, whole and partial. */
  readonly wheels: string;
  /** The installation itself: `deps/`, `lib/` and `manifest.json`. */
  readonly entry: string;
  readonly lock: string;
  /** A link to the entry that was installed last for this version of tfjs-node-gpu. */
  readonly active: string;
}

/** The layout for one main wheel, one version of tfjs-node-gpu and of the own kernels; all are part of the entry's name. */
export function cacheLayout(root: string, tfjsVersion: string, wheelFileName: string, kernels: string): CacheLayout {
  const key = `tfjs-node-gpu-${tfjsVersion}+${wheelFileName.replace(/\.whl$/, '')}+kernels-${kernels}`;
  return {
    root,
    wheels: join(root, 'wheels'),
    entry: join(root, key),
    lock: join(root, `${key}.lock`),
    active: activeLink(root, tfjsVersion),
  };
}

/** The link to the entry in use for a version of tfjs-node-gpu. */
export function activeLink(root: string, tfjsVersion: string): string {
  return join(root, `active-tfjs-node-gpu-${tfjsVersion}`);
}

/** Folders of installations in a cache folder, without partial ones. */
export function installationDirectories(cacheDirectory: string): string[] {
  if (!statSync(cacheDirectory, { throwIfNoEntry: false })?.isDirectory()) return [];
  return readdirSync(cacheDirectory, { withFileTypes: true })
    .filter((item) => item.isDirectory() && item.name.startsWith('tfjs-node-gpu-') && !item.name.includes('.partial-'))
    .map((item) => join(cacheDirectory, item.name));
}
