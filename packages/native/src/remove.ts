import { existsSync, lstatSync, readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { defaultCacheDirectory } from './cache.ts';
import type { FindOptions } from './load.ts';
import { findTfjsPackage, unlinkFromPackage } from './tfjs-package.ts';

/** What was removed. */
export interface RemovalResult {
  readonly removed: readonly string[];
  /** Bytes freed. */
  readonly bytes: number;
}

/**
 * Removes what this package put on the machine: the links in the npm package and everything in the cache folder that an
 * installation made. Other files in that folder stay.
 */
export function removeNative(options: FindOptions = {}): RemovalResult {
  const cacheRoot = resolve(options.cacheDirectory ?? defaultCacheDirectory());
  const tfjs = findTfjsPackage(options.resolveFrom);
  const removed = tfjs === undefined ? [] : unlinkFromPackage(tfjs, cacheRoot);
  let bytes = 0;
  for (const name of existsSync(cacheRoot) ? readdirSync(cacheRoot) : []) {
    if (!/^(tfjs-node-gpu-|active-tfjs-node-gpu-|wheels$)/.test(name)) continue;
    const path = join(cacheRoot, name);
    bytes += sizeOf(path);
    rmSync(path, { recursive: true, force: true });
    removed.push(path);
  }
  return { removed, bytes };
}

function sizeOf(path: string): number {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined || !stats.isDirectory()) return stats?.size ?? 0;
  return readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0);
}
