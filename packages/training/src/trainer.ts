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
   * The variables after a run that has them in no checkpoint, because it has no `outDir` or its last checkpoint could not be
   * written; yours to dispose. `undefined` otherwise.
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
      try {
        return await run.execute(runOptions);
      } finally {
        variables = run.takeVariables();
      }
    },
    get variables() {
      return variables;
    },
  };
}
