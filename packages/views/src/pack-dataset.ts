import { existsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import {
  type BadImage,
  type DatasetSource,
  openDataset,
  openPacked,
  type PackedDataset,
  type PackedRule,
  type PackedSource,
} from '@ssl-scene/datasets';
import { isSceneError, SceneError } from '@ssl-scene/errors';
import { lockFile } from './file-lock.ts';
import { type PackOptions, resolvePackOptions } from './pack-options.ts';
import { Packing } from './packing.ts';

export type { PackOptions } from './pack-options.ts';

/** What `packDataset` made or found. */
export interface PackResult {
  /** The packed data set. */
  readonly source: PackedSource;
  readonly images: number;
  /** Images that could not be read and keep their place. */
  readonly badImages: readonly BadImage[];
  /** Size of the file. */
  readonly bytes: number;
  /** Whether the file was there already, of the same data set and by the same rule. */
  readonly wasThere: boolean;
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
    const rule = { shortSide: resolved.shortSide, filter: resolved.filter };
    const withMasks = resolved.masks && dataset.mask !== undefined;
    const present = openPresent(path, [dataset.source, rule, withMasks], resolved.replace);
    if (present !== undefined) return describe(present, path, { wasThere: true, resumed: 0 });
    checkFolder(path);
    const unlock = lockFile(`${path}.lock`);
    try {
      const resumed = await new Packing(dataset, rule, withMasks, path, resolved).run();
      return describe(openPacked({ kind: 'packed', file: path }), path, { wasThere: false, resumed });
    } finally {
      unlock();
    }
  } finally {
    dataset.close?.();
  }
}

/** The packed file that is there, if it is what was asked for. */
function openPresent(
  path: string,
  wanted: readonly [original: DatasetSource, rule: PackedRule, withMasks: boolean],
  mayReplace: boolean,
): PackedDataset | undefined {
  if (!existsSync(path)) return undefined;
  let present: PackedDataset;
  try {
    present = openPacked({ kind: 'packed', file: path });
  } catch (error) {
    if (isSceneError(error) && USELESS.includes(error.code)) return undefined;
    throw error;
  }
  const { facts } = present;
  if (JSON.stringify([facts.original, facts.rule, facts.hasMasks]) === JSON.stringify(wanted)) return present;
  present.close();
  if (mayReplace) return undefined;
  throw new SceneError({
    code: 'PACKED_FILE_DIFFERS',
    expected: 'no file, or the same data set packed by the same rule',
    found: `"${facts.name}" packed with shortSide ${facts.rule.shortSide}, ${facts.rule.filter}, masks ${facts.hasMasks}`,
    where: path,
    fix: 'Choose another file, or pass replace: true.',
  });
}

function describe(packed: PackedDataset, path: string, how: Pick<PackResult, 'wasThere' | 'resumed'>): PackResult {
  const { source, length, facts } = packed;
  const badImages = facts.faults.map(({ index, ...details }): BadImage => {
    const { code, message } = new SceneError(details);
    return { index, id: packed.id(index), code: code as BadImage['code'], message };
  });
  packed.close();
  return { source, images: length, badImages, bytes: statSync(path).size, ...how };
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
