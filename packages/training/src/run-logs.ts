import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type EventFile, openEventFile } from './event-file.ts';
import { type MetricsLine, type MetricsLog, openMetricsLog } from './metrics-log.ts';

/** The files of a run that tell how it went. What cannot be written does not stop the run. */
export class RunLogs {
  readonly #folder: string;
  readonly #tensorBoard: boolean;
  readonly #onFailed: (message: string) => void;
  readonly #metrics: MetricsLog;
  #events: EventFile | undefined;

  /**
   * @param step steps that are done; later lines of an existing log are cut off.
   * @param onFailed hears why something could not be written.
   */
  constructor(folder: string, step: number, tensorBoard: boolean, onFailed: (message: string) => void) {
    this.#folder = folder;
    this.#tensorBoard = tensorBoard;
    this.#onFailed = onFailed;
    mkdirSync(folder, { recursive: true });
    this.#metrics = openMetricsLog(join(folder, 'metrics.jsonl'), step);
    if (tensorBoard) this.#events = openEventFile(folder, { firstStep: step + 1 });
  }

  /** @param prefix of the tags under which the line's numbers `scalars` go to TensorBoard. */
  write(line: MetricsLine, prefix?: string, scalars: Readonly<Record<string, number>> = {}): void {
    try {
      this.#metrics.append(line);
      if (prefix !== undefined) this.#writeEvent(line.step, prefix, scalars);
    } catch (error) {
      this.#onFailed(`logs in ${this.#folder} cannot be written: ${(error as Error).message}`);
    }
  }

  #writeEvent(step: number, prefix: string, scalars: Readonly<Record<string, number>>): void {
    if (!this.#tensorBoard) return;
    const file = this.#events ?? openEventFile(this.#folder, { firstStep: step });
    // A file whose last record was cut short is not read any further, so a failure is followed by a new file.
    this.#events = undefined;
    file.scalars(
      step,
      Object.fromEntries(Object.entries(scalars).map(([name, value]) => [`${prefix}/${name}`, value])),
    );
    this.#events = file;
  }
}
