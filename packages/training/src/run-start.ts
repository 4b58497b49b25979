import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { SceneError } from '@ssl-scene/errors';
import type { Optimiser } from '@ssl-scene/nn';
import { disposeTree } from '@ssl-scene/tensors';
import { type CheckpointContent, listCheckpoints, readNewestCheckpoint } from './checkpoint-folder.ts';
import { CHECKPOINTS, decodeState, type RunFacts } from './run-checkpoint.ts';
import type { TrainState } from './train-state.ts';
import type { ResolvedTrainerOptions } from './trainer-options.ts';

/** The checkpoint to go on from; `undefined` for a fresh run. */
export async function findStart(
  options: ResolvedTrainerOptions,
  resume: boolean,
  warn: (message: string) => void,
): Promise<CheckpointContent | undefined> {
  const { outDir } = options;
  if (outDir === undefined) {
    if (!resume) return undefined;
    throw problem('option outDir', 'a run folder to resume from', 'none', 'Give the folder of the stopped run.');
  }
  const folder = join(outDir, CHECKPOINTS);
  if (resume)
    return readNewestCheckpoint(folder, (error) => warn(`passed over a damaged checkpoint: ${error.message}`));
  if (listCheckpoints(folder).length === 0) return undefined;
  throw problem(
    outDir,
    'a folder without checkpoints, for a new run',
    `${listCheckpoints(folder).length} checkpoints`,
    `Resume the run, or choose another folder.`,
  );
}

/** State of a fresh run, or of the checkpoint. */
export function startState(
  options: ResolvedTrainerOptions,
  optimiser: Optimiser,
  content: CheckpointContent | undefined,
): TrainState {
  const { framework, seed } = options;
  const { params, buffers } = framework.initialise(seed);
  const fresh: TrainState = { params, buffers, optimiser: optimiser.init(params) };
  if (!content) return fresh;
  const names = Object.keys(fresh.optimiser);
  for (const tensors of Object.values(fresh)) disposeTree(tensors);
  return decodeState(framework, content, names);
}

/** Settings that a resumed run must share with its beginning: with others its steps would not be the same steps. */
const FIXED = [
  'framework',
  'seed',
  'batchSize',
  'accumulate',
  'dataset',
  'images',
  'stepsPerEpoch',
  'masking',
] as const;
/** Settings whose change is allowed, and told. */
const TOLD = ['epochs', 'backend', 'precision'] as const;

/** Compares a checkpoint's facts with the run that is to go on from it. */
export function checkResumable(stored: RunFacts, now: RunFacts, path: string, warn: (message: string) => void): void {
  for (const name of FIXED) {
    if (stored[name] === now[name]) continue;
    throw problem(
      path,
      `${name} ${stored[name]}, as the run was started with`,
      `${now[name]}`,
      'Resume with the same settings.',
    );
  }
  for (const name of TOLD) {
    if (stored[name] === now[name]) continue;
    warn(`${name} was ${stored[name]} and is ${now[name]}: results will differ from an uninterrupted run`);
  }
}

function problem(where: string, expected: string, found: string, fix: string): SceneError {
  return new SceneError({ code: existsSync(where) ? 'RUN_FOLDER' : 'BAD_OPTION', where, expected, found, fix });
}
