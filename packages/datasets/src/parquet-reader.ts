import { SceneError } from '@ssl-scene/errors';
import { datasetClosed } from './dataset-closed.ts';
import { HelperProcess, helperProgram } from './helper-process.ts';
import type { ParquetAnswers, ParquetRequest } from './parquet-message.ts';

/** Options of `ParquetReader`. */
export interface ParquetReaderOptions {
  /** Milliseconds that one request may take. */
  readonly timeLimit: number;
}

/** Megabytes for the reader's objects; the values of a group of a million rows take a tenth of it. */
const HEAP_LIMIT = 512;

/**
 * Reads Parquet files in a child process: their library can work without end at damaged ones, or ask for all memory. A request
 * that takes longer than `timeLimit`, or more memory than there should be need of, costs the process its life, and the file
 * counts as damaged.
 */
export class ParquetReader {
  readonly #timeLimit: number;
  readonly #process: HelperProcess<ParquetRequest, ParquetAnswers[keyof ParquetAnswers]>;
  #isClosed = false;

  constructor({ timeLimit }: ParquetReaderOptions) {
    this.#timeLimit = timeLimit;
    this.#process = new HelperProcess({
      program: helperProgram('parquet-process'),
      heapLimit: HEAP_LIMIT,
      // All that a process without memory prints is a list of addresses.
      showsErrors: false,
      startFailure,
    });
  }

  /** @throws SceneError `BAD_PARQUET_FILE`, `PARQUET_READER_UNAVAILABLE`, `DATASET_CLOSED`, and what opening a file throws */
  async ask<Kind extends ParquetRequest['kind']>(
    request: Extract<ParquetRequest, { kind: Kind }>,
  ): Promise<ParquetAnswers[Kind]> {
    if (this.#isClosed) throw datasetClosed(request.path);
    const outcome = await this.#process.ask(request, this.#timeLimit);
    if ('value' in outcome) return outcome.value as ParquetAnswers[Kind];
    if ('fault' in outcome) throw new SceneError(outcome.fault);
    if ('closed' in outcome) throw datasetClosed(request.path);
    if ('overdue' in outcome) throw damaged(request, `no end after ${this.#timeLimit} ms`);
    if ('death' in outcome) throw damaged(request, `a reader that ran out of memory or crashed (${outcome.death})`);
    throw new Error(outcome.failure);
  }

  /** Ends the process; what is asked afterwards fails. */
  close(): void {
    this.#isClosed = true;
    this.#process.close();
  }
}

function damaged(request: ParquetRequest, found: string): SceneError {
  const { path } = request;
  const part = request.kind === 'facts' ? '' : `, column "${request.column}"`;
  const place = request.kind === 'picture' ? `, row ${request.row}` : '';
  return new SceneError({
    code: 'BAD_PARQUET_FILE',
    expected: 'a valid Parquet file, which is read in reasonable time and memory',
    found,
    where: `${path}${part}${place}`,
    fix: 'Fetch or write the file again, or raise `decode.timeLimit` if the machine is merely slow.',
  });
}

function startFailure(found: string): SceneError {
  return new SceneError({
    code: 'PARQUET_READER_UNAVAILABLE',
    expected: 'a child process that reads Parquet files',
    found,
    where: 'openParquet',
    fix: 'Look at the reason; where processes cannot be started, unpack the table into a folder first.',
  });
}
