import { type CheckpointFacts, pruneCheckpoints, writeCheckpointFolder } from './checkpoint-folder.ts';

/** Writes checkpoints behind the back of the training loop, one at a time. */
export interface CheckpointWriter {
  /** Waits for the one before, then begins to write and returns. */
  save(facts: CheckpointFacts, files: Readonly<Record<string, Uint8Array>>): Promise<void>;
  /** Waits for the last one. */
  finish(): Promise<void>;
}

/**
 * @param folder where checkpoints go.
 * @param keep how many of the newest stay.
 * @param onSaved hears of each that is on disk.
 *
 * A checkpoint that cannot be written is an error of the next `save` or of `finish`.
 */
export function checkpointWriter(
  folder: string,
  keep: number,
  onSaved: (path: string, facts: CheckpointFacts) => void,
): CheckpointWriter {
  let pending: Promise<void> = Promise.resolve();
  const write = async (facts: CheckpointFacts, files: Readonly<Record<string, Uint8Array>>): Promise<void> => {
    const path = await writeCheckpointFolder(folder, facts, files);
    await pruneCheckpoints(folder, keep);
    onSaved(path, facts);
  };
  return {
    async save(facts, files) {
      await pending;
      pending = write(facts, files);
      // Whoever awaits `pending` later gets the error; without this it would count as unhandled until then.
      pending.catch(() => undefined);
    },
    finish: () => pending,
  };
}
