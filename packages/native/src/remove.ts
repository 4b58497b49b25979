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
  const counted = new Set<string>();
  for (const name of existsSync(cacheRoot) ? readdirSync(cacheRoot) : []) {
    if (!/^(tfjs-node-gpu-|active-tfjs-node-gpu-|wheels$)/.test(name)) continue;
    const path = join(cacheRoot, name);
    bytes += sizeOf(path, counted);
    rmSync(path, { recursive: true, force: true });
    removed.push(path);
  }
  return { removed, bytes };
}

/** Bytes of a file or folder; a file that installations share counts once. */
function sizeOf(path: string, counted: Set<string>): number {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return 0;
  if (stats.isDirectory()) return readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name), counted), 0);
  const file = `${stats.dev}:${stats.ino}`;
  if (counted.has(file)) return 0;
  counted.add(file);
  return stats.size;
}
