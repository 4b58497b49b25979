import type { Variables } from '@ssl-scene/nn';
import { resolveTrainerOptions, type TrainerOptions } from './trainer-options.ts';
import { type RunOptions, type RunResult, TrainingRun } from './training-run.ts';

/** Trains one recipe on one data set. */
export interface Trainer {
  /**
   * Trains to the end, or until it is stopped. The result is plain data; variables are in the last checkpoint (see
   * `loadRun`).
   */
  run(options?: RunOptions): Promise<RunResult>;
  /**
   * The variables after a run without `outDir`, which has no checkpoint; yours to dispose. `undefined` before, and for
   * runs with a folder.
   */
  readonly variables: Variables | undefined;
}

/**
 * Prepares a run; nothing is opened or written before `run`. Choose a backend first (`useBackend`).
 *
 * @throws SceneError for options that cannot work.
 */
export function createTrainer(options: TrainerOptions): Trainer {
  const resolved = resolveTrainerOptions(options);
  let variables: Variables | undefined;
  return {
    async run(runOptions = {}) {
      const run = new TrainingRun(resolved);
      const result = await run.execute(runOptions);
      variables = run.takeVariables();
      return result;
    },
    get variables() {
      return variables;
    },
  };
}
