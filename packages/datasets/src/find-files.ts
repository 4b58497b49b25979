import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import { expandBraces } from './brace-expansion.ts';
import type { DatasetSource } from './dataset-source.ts';

const PACKED_SIGNATURE = 'SSLPACK\n';

/**
 * What a path that names no folder stands for: a list of pictures (`.txt`), a shard (`.tar`), a Parquet, NumPy or packed file,
 * several files whose numbers stand in braces (`train-{000..099}.tar`), or a pattern of pictures with `*`; undefined where it
 * is none of these.
 */
export function findFileSource(path: string): DatasetSource | undefined {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats !== undefined) return stats.isFile() ? sourceOfFiles([resolve(path)]) : undefined;
  if (/[*?[]/.test(path)) return sourceOfPattern(path);
  const files = expandBraces(path).map((file) => resolve(file));
  return files.length > 1 ? sourceOfFiles(files) : undefined;
}

function sourceOfFiles(files: readonly string[]): DatasetSource | undefined {
  switch (extname(files[0]!).toLowerCase()) {
    case '.txt':
    case '.tsv':
      return { kind: 'image-list', lists: files };
    case '.tar':
      return { kind: 'webdataset', shards: files };
    case '.parquet':
      return { kind: 'parquet', files };
    case '.npy':
    case '.npz':
      return { kind: 'numpy', images: files[0]! };
    default:
      return isPacked(files[0]!) ? { kind: 'packed', file: files[0]! } : undefined;
  }
}

function isPacked(file: string): boolean {
  if (!existsSync(file)) return false;
  const head = new Uint8Array(PACKED_SIGNATURE.length);
  const descriptor = openSync(file, 'r');
  try {
    readSync(descriptor, head, 0, head.length, 0);
  } finally {
    closeSync(descriptor);
  }
  return new TextDecoder().decode(head) === PACKED_SIGNATURE;
}

/** The folder before the first step with a special character, and the pattern behind it. */
function sourceOfPattern(path: string): DatasetSource | undefined {
  const steps = path.split('/');
  const first = steps.findIndex((step) => /[*?[{]/.test(step));
  const root = steps.slice(0, first).join('/') || (path.startsWith('/') ? '/' : '.');
  if (first < 0 || !existsSync(root)) return undefined;
  return { kind: 'image-folder', root: resolve(root), include: [steps.slice(first).join('/')] };
}
