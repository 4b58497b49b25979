import { existsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import {
  type BadImage,
  type DatasetSource,
  type DecisionCounts,
  type ImageDataset,
  openDataset,
  openPacked,
  type PackedFacts,
  type PackedSource,
} from '@ssl-scene/datasets';
import { isSceneError, SceneError } from '@ssl-scene/errors';
import { lockFile } from './file-lock.ts';
import { type PackOptions, type ResolvedPackOptions, resolvePackOptions } from './pack-options.ts';
import { Packing, type PackTask } from './packing.ts';
import { sourceFingerprint } from './source-fingerprint.ts';

export type { PackOptions } from './pack-options.ts';

/** What `packDataset` made or found. */
export interface PackResult {
  /** The packed data set. */
  readonly source: PackedSource;
  readonly images: number;
  /** Images that could not be read and keep their place. */
  readonly badImages: readonly BadImage[];
  /** In how many images decoding did what. */
  readonly decisions?: DecisionCounts;
  /** Size of the file. */
  readonly bytes: number;
  /** Whether the file was there already, of the same data set and by the same rule. */
  readonly wasThere: boolean;
  /** Whether it replaces a file that was out of date. */
  readonly wasStale: boolean;
  /** Images that an interrupted attempt had packed already. */
  readonly resumed: number;
}

/** Codes of errors at packed files that nothing can read any more. */
const USELESS = ['BROKEN_PACKED_FILE', 'PACKED_VERSION'];

/**
 * Decodes all images of a data set once and stores their pixels in one file, with labels, boxes and masks, so that later epochs
 * only read. Several threads decode; the file is written in the order of the images, so that it does not depend on their number.
 * An interrupted packing goes on where it stopped. The file gets its name when it is complete and verified.
 *
 * Views of the packed data set are, bit for bit, those of the originals where no image is resized, and otherwise those of the
 * originals resized by the same rule: a crop of a resized image is a change of the recipe.
 *
 * @throws SceneError for options out of range, images that cannot be read (unless these are kept), a file that is there and is
 * something else, a disk that is full (`PACK_WRITE_FAILED`), or another process that packs into the file (`FILE_LOCKED`)
 */
export async function packDataset(source: DatasetSource, file: string, options: PackOptions = {}): Promise<PackResult> {
  const resolved = resolvePackOptions(options);
  const path = resolve(file);
  const dataset = await openDataset(source);
  try {
    const task = taskOf(dataset, resolved);
    const state = stateOf(path, task);
    if (state.kind === 'fresh') return describe(path, { wasThere: true, wasStale: false, resumed: 0 });
    if (!resolved.replace && state.kind !== 'missing') throw mayNotReplace(path, state);
    checkFolder(path);
    const unlock = lockFile(`${path}.lock`);
    try {
      const resumed = await new Packing(dataset, task, path, resolved).run();
      return describe(path, { wasThere: false, wasStale: state.kind === 'stale', resumed });
    } finally {
      unlock();
    }
  } finally {
    dataset.close?.();
  }
}

/**
 * Whether a packed file holds a data set as `packDataset` would pack it with these options. `missing`: there is none that can
 * be read; `stale`: files were changed since; `different`: it holds another data set, or by another rule.
 *
 * @throws what `openDataset` throws, and `NOT_A_PACKED_FILE`
 */
export async function packedState(
  source: DatasetSource,
  file: string,
  options: PackOptions = {},
): Promise<'fresh' | 'missing' | 'stale' | 'different'> {
  const dataset = await openDataset(source);
  try {
    return stateOf(resolve(file), taskOf(dataset, resolvePackOptions(options))).kind;
  } finally {
    dataset.close?.();
  }
}

function taskOf(dataset: ImageDataset, { shortSide, filter, masks }: ResolvedPackOptions): PackTask {
  const fingerprint = sourceFingerprint(dataset);
  return {
    original: dataset.source,
    rule: { shortSide, filter },
    hasMasks: masks && dataset.mask !== undefined,
    ...(fingerprint !== undefined && { fingerprint }),
  };
}

type PackedState =
  | { readonly kind: 'fresh' }
  | { readonly kind: 'missing' }
  | { readonly kind: 'stale' | 'different'; readonly facts: PackedFacts };

function stateOf(path: string, task: PackTask): PackedState {
  const facts = existsSync(path) ? readFacts(path) : undefined;
  if (facts === undefined) return { kind: 'missing' };
  // A list of files that has changed is another data set by its digest, but to people it is the same one, changed.
  const isSame = isEqual(withoutDigests(facts.original), withoutDigests(task.original));
  if (!isSame || !isEqual([facts.rule, facts.hasMasks], [task.rule, task.hasMasks]))
    return { kind: 'different', facts };
  const isFresh = isEqual(facts.original, task.original) && facts.fingerprint === task.fingerprint;
  return isFresh ? { kind: 'fresh' } : { kind: 'stale', facts };
}

/** What a packed file says of itself; undefined where nothing can read it any more. */
function readFacts(path: string): PackedFacts | undefined {
  try {
    const packed = openPacked({ kind: 'packed', file: path });
    packed.close();
    return packed.facts;
  } catch (error) {
    if (isSceneError(error) && USELESS.includes(error.code)) return undefined;
    throw error;
  }
}

function isEqual(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function withoutDigests(source: DatasetSource): unknown {
  return JSON.parse(JSON.stringify(source, (key, value) => (key === 'digest' ? undefined : value)));
}

function mayNotReplace(path: string, { kind, facts }: Extract<PackedState, { facts: unknown }>): SceneError {
  const { name, rule, hasMasks } = facts;
  return new SceneError(
    kind === 'stale'
      ? {
          code: 'PACKED_FILE_STALE',
          expected: 'a packed file of the pictures as they are now',
          found: `one of "${name}" made before some of them were changed`,
          where: path,
          fix: 'Pack again: pass replace: true, or choose another file.',
        }
      : {
          code: 'PACKED_FILE_DIFFERS',
          expected: 'no file, or the same data set packed by the same rule',
          found: `"${name}" packed with shortSide ${rule.shortSide}, ${rule.filter}, masks ${hasMasks}`,
          where: path,
          fix: 'Choose another file, or pass replace: true.',
        },
  );
}

function describe(path: string, how: Pick<PackResult, 'wasThere' | 'wasStale' | 'resumed'>): PackResult {
  const packed = openPacked({ kind: 'packed', file: path });
  const { source, length, facts } = packed;
  const badImages = facts.faults.map(({ index, ...details }): BadImage => {
    const { code, message } = new SceneError(details);
    return { index, id: packed.id(index), code: code as BadImage['code'], message };
  });
  packed.close();
  const { decisions } = facts;
  return { source, images: length, badImages, bytes: statSync(path).size, ...(decisions && { decisions }), ...how };
}

function checkFolder(path: string): void {
  const folder = dirname(path);
  if (existsSync(folder)) return;
  throw new SceneError({
    code: 'PACK_WRITE_FAILED',
    expected: 'an existing folder for the packed file',
    found: 'none',
    where: folder,
    fix: 'Make the folder, or choose another.',
  });
}
