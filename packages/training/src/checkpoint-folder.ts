import { existsSync, readdirSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isSceneError, SceneError } from '@ssl-scene/errors';
import { type FileSeal, readSealed, seal, writeFolder } from './atomic-folder.ts';

/** Name of the file that makes a folder a checkpoint. */
export const MANIFEST = 'checkpoint.json';
const FORMAT = 'ssl-scene-checkpoint';
const VERSION = 1;
const NAME = /^step-(\d{8,})$/;

/** Plain data that a checkpoint carries beside its files. */
export type CheckpointFacts = Readonly<Record<string, unknown>> & {
  /** Steps of the run that are done. */
  readonly step: number;
};

/** A checkpoint as it was read: verified, not yet interpreted. */
export interface CheckpointContent {
  /** Its folder. */
  readonly path: string;
  readonly facts: CheckpointFacts;
  readonly files: Readonly<Record<string, Uint8Array>>;
}

interface Manifest {
  readonly format: string;
  readonly version: number;
  readonly facts: CheckpointFacts;
  readonly files: Readonly<Record<string, FileSeal>>;
}

/**
 * Writes `<folder>/step-NNNNNNNN` with the files and `checkpoint.json`, which holds the facts and every file's length and
 * SHA-256; whole or not at all. The same content gives the same bytes.
 *
 * @returns the path of the checkpoint.
 */
export async function writeCheckpointFolder(
  folder: string,
  facts: CheckpointFacts,
  files: Readonly<Record<string, Uint8Array>>,
): Promise<string> {
  const path = checkpointPath(folder, facts.step);
  const sealed = Object.entries(files).map(async ([name, content]) => [name, await seal(content)] as const);
  const seals: Record<string, FileSeal> = Object.fromEntries(await Promise.all(sealed));
  const manifest: Manifest = { format: FORMAT, version: VERSION, facts, files: seals };
  const text = `${JSON.stringify(manifest, null, 2)}\n`;
  await writeFolder(path, { ...files, [MANIFEST]: new TextEncoder().encode(text) });
  return path;
}

/** Where the checkpoint of a step is. */
export function checkpointPath(folder: string, step: number): string {
  return join(folder, `step-${String(step).padStart(8, '0')}`);
}

/** Paths of all checkpoints in a folder, oldest first; unfinished ones do not count. */
export function listCheckpoints(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).filter((name) => NAME.test(name));
  return names.sort((a, b) => stepOf(a) - stepOf(b)).map((name) => join(folder, name));
}

function stepOf(name: string): number {
  return Number(NAME.exec(name)![1]);
}

/** Removes all but the newest `keep` checkpoints and those of the steps `alsoKeep`. */
export async function pruneCheckpoints(folder: string, keep: number, alsoKeep: readonly number[] = []): Promise<void> {
  const kept = new Set(alsoKeep.map((step) => checkpointPath(folder, step)));
  const paths = listCheckpoints(folder);
  for (const path of paths.slice(0, Math.max(0, paths.length - keep))) {
    if (!kept.has(path)) await rm(path, { recursive: true });
  }
}

/** Reads one checkpoint and compares every file with its length and digest. */
export async function readCheckpointFolder(path: string): Promise<CheckpointContent> {
  const manifest = await readManifest(join(path, MANIFEST));
  const files: Record<string, Uint8Array> = {};
  for (const [name, expected] of Object.entries(manifest.files)) {
    files[name] = await readSealed(join(path, name), expected);
  }
  return { path, facts: manifest.facts, files };
}

async function readManifest(path: string): Promise<Manifest> {
  let manifest: Manifest;
  try {
    manifest = JSON.parse(await readFile(path, 'utf8')) as Manifest;
  } catch (error) {
    throw unusable(path, 'a readable manifest', (error as Error).message, error);
  }
  const { format, version } = manifest;
  if (format === FORMAT && version === VERSION) return manifest;
  throw unusable(path, `${FORMAT}, version ${VERSION}`, `${String(format)}, version ${String(version)}`);
}

function unusable(path: string, expected: string, found: string, cause?: unknown): SceneError {
  return new SceneError({
    code: 'CHECKPOINT_DAMAGED',
    expected,
    found,
    where: path,
    fix: 'Take an earlier checkpoint.',
    cause,
  });
}

/**
 * Reads the newest checkpoint that is whole; `undefined` where the folder has none at all. Each damaged one on the way
 * is reported to `onDamaged`; if all are damaged that is an error.
 */
export async function readNewestCheckpoint(
  folder: string,
  onDamaged: (error: SceneError) => void,
): Promise<CheckpointContent | undefined> {
  const paths = listCheckpoints(folder).reverse();
  for (const path of paths) {
    try {
      return await readCheckpointFolder(path);
    } catch (error) {
      if (!isSceneError(error)) throw error;
      onDamaged(error);
    }
  }
  if (paths.length === 0) return undefined;
  throw new SceneError({
    code: 'NO_GOOD_CHECKPOINT',
    expected: 'at least one checkpoint that is whole',
    found: `${paths.length} damaged`,
    where: folder,
    fix: 'Restore one from a copy, or start the run anew in another folder.',
  });
}
