import { createHash } from 'node:crypto';
import { existsSync, mkdirSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  type DatasetSource,
  type ImageDataset,
  openDataset,
  type PackedSource,
  readPictureFacts,
} from '@ssl-scene/datasets';
import { defaultCacheDirectory } from '@ssl-scene/native';
import { type PackOptions, type PackResult, packDataset, packedState } from '@ssl-scene/views';
import type { Config } from './config/config.ts';
import { tenths } from './output.ts';

/** Who hears what is done about packed files. */
export interface PackListener {
  log(text: string): void;
  warn(text: string): void;
}

/** How the images of a configuration are packed. */
export function packOptions({ loading }: Pick<Config, 'loading'>, nativeLibrary: string | undefined): PackOptions {
  return {
    shortSide: loading.shortSide ?? null,
    onBadImage: loading.onBadImage === 'throw' ? 'throw' : 'keep',
    imageTimeLimit: Math.round(1000 * loading.imageTimeLimit),
    ...(nativeLibrary !== undefined && { nativeLibrary }),
  };
}

/** Where the packed file of a data set lies unless another place is asked for: in the user's cache folder. */
export function defaultPackFile(dataset: ImageDataset, shortSide: number | null): string {
  // The list of files may change; it is the same data set then, whose packed file is out of date.
  const description = JSON.stringify([dataset.source, shortSide], (key, value) =>
    key === 'digest' ? undefined : value,
  );
  const digest = createHash('sha256').update(description).digest('hex').slice(0, 12);
  const name = dataset.name.replace(/[^\w.-]+/g, '-').slice(0, 60);
  return join(dirname(defaultCacheDirectory()), 'packed', `${name}-${digest}.pack`);
}

/**
 * The packed file by which a run reads its images, made if need be; undefined where it reads the pictures themselves.
 *
 * @param mayPack whether files may be made; otherwise only one that is there and up to date is used.
 */
export async function packedFor(
  config: Config,
  source: DatasetSource,
  options: { readonly nativeLibrary: string | undefined; readonly mayPack: boolean; readonly listener: PackListener },
): Promise<PackedSource | undefined> {
  const { pack } = config.loading;
  const { listener, mayPack, nativeLibrary } = options;
  if (pack === 'off') return undefined;
  const settings = packOptions(config, nativeLibrary);
  const file = pack === 'auto' ? await automaticFile(source, settings) : pack;
  const state = await packedState(source, file, settings);
  if (state !== 'fresh' && !mayPack) return undefined;
  if (pack === 'auto' && state !== 'fresh') {
    const obstacle = await obstacleTo(config, source, file, settings);
    if (obstacle !== undefined) {
      listener.log(`pictures are read as they are: ${obstacle}`);
      return undefined;
    }
    mkdirSync(dirname(file), { recursive: true });
  }
  const result = await packDataset(source, file, {
    ...settings,
    replace: pack === 'auto',
    onProgress: tenths('packing', listener),
  });
  listener.log(describePack(file, result));
  return result.source;
}

async function automaticFile(source: DatasetSource, { shortSide = null }: PackOptions): Promise<string> {
  const dataset = await openDataset(source);
  dataset.close?.();
  return defaultPackFile(dataset, shortSide);
}

/** Share of the free space that a file may take unasked. */
const LARGEST_SHARE = 0.5;

/** Why nothing is packed unasked; undefined where nothing speaks against it. */
async function obstacleTo(
  { training }: Config,
  source: DatasetSource,
  file: string,
  settings: PackOptions,
): Promise<string | undefined> {
  if (training.epochs === 1) return 'there is one epoch, for which packing them would be no gain';
  const dataset = await openDataset(source);
  try {
    if (dataset.encoded === undefined) return `those of ${dataset.name} need no decoding`;
    const needed = await packedBytes(dataset, settings.shortSide ?? null);
    const free = await freeBytes(file);
    if (needed <= LARGEST_SHARE * free) return undefined;
    return `packed they would take ${gigabytes(needed)} of ${gigabytes(free)} that are free for ${file}; loading.shortSide makes them smaller, a path given for loading.pack puts them elsewhere`;
  } finally {
    dataset.close?.();
  }
}

/** Images that are looked at for an estimate, evenly spread. */
const SAMPLED = 64;

/** About how large a data set is when its pictures are decoded, by the headers of some. */
async function packedBytes(dataset: ImageDataset, shortSide: number | null): Promise<number> {
  const count = Math.min(SAMPLED, dataset.length);
  let [bytes, known] = [0, 0];
  for (let i = 0; i < count; i++) {
    const facts = await headerOf(dataset, Math.floor((i * dataset.length) / count));
    if (facts === undefined) continue;
    const scale = shortSide === null ? 1 : Math.min(1, shortSide / Math.min(facts.width, facts.height));
    bytes += 3 * facts.width * facts.height * scale * scale;
    known++;
  }
  return (bytes / Math.max(known, 1)) * dataset.length;
}

async function headerOf(dataset: ImageDataset, index: number): Promise<ReturnType<typeof readPictureFacts>> {
  try {
    return readPictureFacts(await dataset.encoded!(index));
  } catch {
    // Pictures that cannot be read take no room; they are told of where they are read.
    return undefined;
  }
}

async function freeBytes(file: string): Promise<number> {
  let folder = dirname(file);
  while (!existsSync(folder)) folder = dirname(folder);
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

/** What was made or found, for people. */
export function describePack(
  file: string,
  { images, bytes, badImages, wasThere, wasStale, resumed }: PackResult,
): string {
  const how = wasThere
    ? 'was there'
    : wasStale
      ? 'made again, since pictures were changed'
      : resumed > 0
        ? `made, going on after ${resumed} images`
        : 'made';
  const bad = badImages.length === 0 ? '' : `, ${badImages.length} of which could not be read`;
  return `packed file ${file} ${how}: ${images} images${bad}, ${gigabytes(bytes)}`;
}

function gigabytes(bytes: number): string {
  return bytes < 1e9 ? `${Math.ceil(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}
