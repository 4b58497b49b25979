import { setTimeout } from 'node:timers/promises';
import { type CheckpointFacts, pruneCheckpoints, writeCheckpointFolder } from './checkpoint-folder.ts';

/** Writes checkpoints behind the back of the training loop, one after the other. */
export interface CheckpointWriter {
  /**
   * Begins to write and returns. Only where two are unfinished already, because the disk is slower than the interval between
   * checkpoints, it waits for one of them.
   */
  save(facts: CheckpointFacts, files: Readonly<Record<string, Uint8Array>>): Promise<void>;
  /**
   * Waits for the last one, and tries again for so many seconds where it cannot be written.
   *
   * @throws the error of the last one, if it is not on disk in the end.
   */
  finish(patience: FinishOptions): Promise<void>;
}

export interface FinishOptions {
  /** Seconds. */
  readonly patience: number;
  /** Ends the patience. */
  readonly isImpatient: () => boolean;
}

export interface CheckpointWriterOptions {
  /** Where checkpoints go. */
  readonly folder: string;
  /** How many of the newest stay. */
  readonly keep: number;
  /** Steps of other checkpoints that stay. */
  readonly alsoKeep: (facts: CheckpointFacts) => readonly number[];
  /** Hears of each that is on disk. An error of its own is thrown by the next `save` or `finish`. */
  readonly onSaved: (path: string, facts: CheckpointFacts) => void;
  /** Hears of each that could not be written: the next one is another try. */
  readonly onFailed: (error: Error, facts: CheckpointFacts) => void;
}

/** Checkpoints that may be unfinished at a time; each is held in memory until it is written. */
const MOST_UNFINISHED = 2;
const LONGEST_PAUSE = 30;

interface Failed {
  readonly error: Error;
  readonly facts: CheckpointFacts;
  readonly files: Readonly<Record<string, Uint8Array>>;
}

export function checkpointWriter(options: CheckpointWriterOptions): CheckpointWriter {
  const { folder, keep, alsoKeep, onSaved, onFailed } = options;
  const unfinished: Promise<void>[] = [];
  let failed: Failed | undefined;
  let listenerError: unknown;

  const write = async (facts: CheckpointFacts, files: Readonly<Record<string, Uint8Array>>): Promise<void> => {
    let path: string;
    try {
      path = await writeCheckpointFolder(folder, facts, files);
      failed = undefined;
      await pruneCheckpoints(folder, keep, alsoKeep(facts));
    } catch (error) {
      failed = { error: error as Error, facts, files };
      onFailed(error as Error, facts);
      return;
    }
    onSaved(path, facts);
  };
  const inTurn = async (facts: CheckpointFacts, files: Readonly<Record<string, Uint8Array>>): Promise<void> => {
    await unfinished.at(-1);
    try {
      await write(facts, files);
    } catch (error) {
      listenerError ??= error;
    }
  };
  const complain = (): void => {
    if (listenerError !== undefined) throw listenerError;
  };
  const tryAgain = async ({ patience, isImpatient }: FinishOptions): Promise<void> => {
    const end = performance.now() + patience * 1000;
    for (let pause = 1; failed && performance.now() < end; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
      for (let second = 0; second < pause && !isImpatient(); second++) await setTimeout(1000);
      if (isImpatient()) return;
      await write(failed.facts, failed.files);
    }
  };
  return {
    async save(facts, files) {
      complain();
      if (unfinished.length === MOST_UNFINISHED) await unfinished[0];
      const task = inTurn(facts, files).then(() => void unfinished.shift());
      unfinished.push(task);
    },
    async finish(finishing) {
      await unfinished.at(-1);
      complain();
      if (failed) await tryAgain(finishing);
      complain();
      if (failed) throw failed.error;
    },
  };
}
