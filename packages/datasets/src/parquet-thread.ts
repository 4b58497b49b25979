import { Worker } from 'node:worker_threads';
import { SceneError } from '@ssl-scene/errors';
import { datasetClosed } from './dataset-closed.ts';
import type { ParquetAnswers, ParquetReply, ParquetRequest } from './parquet-message.ts';

/** Options of `ParquetThread`. */
export interface ParquetThreadOptions {
  /** Milliseconds that one request may take. */
  readonly timeLimit: number;
}

/** A thread has to load its modules, on a machine that may be busy. */
const START_LIMIT = 120_000;

/** Megabytes for the thread's objects; the values of a group of a million rows take a tenth of it. */
const HEAP_LIMIT = 512;

const SOURCE_CONDITION = '@ssl-scene/source';

/**
 * Reads Parquet files in a thread of its own. A request that takes longer than `timeLimit`, or more memory than there should
 * be need of, costs the thread its life, and the file counts as damaged; the next request gets a new thread. Requests are
 * served one at a time, so that the culprit is known.
 */
export class ParquetThread {
  readonly #timeLimit: number;
  #worker: Promise<Worker> | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  constructor({ timeLimit }: ParquetThreadOptions) {
    this.#timeLimit = timeLimit;
  }

  /** @throws SceneError `BAD_PARQUET_FILE`, and what opening a file throws */
  ask<Kind extends ParquetRequest['kind']>(
    request: Extract<ParquetRequest, { kind: Kind }>,
  ): Promise<ParquetAnswers[Kind]> {
    const result = this.#last.then(() => this.#serve(request));
    this.#last = result.catch(() => undefined);
    return result as Promise<ParquetAnswers[Kind]>;
  }

  /** Ends the thread; what is asked afterwards fails. */
  close(): void {
    this.#isClosed = true;
    this.#worker?.then((worker) => worker.terminate()).catch(() => undefined);
    this.#worker = undefined;
  }

  async #serve(request: ParquetRequest): Promise<unknown> {
    if (this.#isClosed) throw datasetClosed(request.path);
    this.#worker ??= startThread();
    const worker = await this.#worker.catch((error: unknown) => {
      this.#worker = undefined;
      throw error;
    });
    worker.ref();
    const answer = nextReply(worker, this.#timeLimit);
    worker.postMessage(request);
    const reply = await answer;
    worker.unref();
    if ('lost' in reply) {
      this.#worker = undefined;
      void worker.terminate();
      throw this.#isClosed ? datasetClosed(request.path) : damaged(request, reply.lost);
    }
    if ('fault' in reply) throw new SceneError(reply.fault);
    if ('value' in reply) return reply.value;
    throw new Error('failure' in reply ? reply.failure : 'a thread that started twice');
  }
}

async function startThread(): Promise<Worker> {
  const resourceLimits = { maxOldGenerationSizeMb: HEAP_LIMIT };
  const worker = import.meta.url.endsWith('.ts')
    ? new Worker(new URL('./worker-from-source.mjs', import.meta.url), {
        resourceLimits,
        execArgv: [`--conditions=${SOURCE_CONDITION}`],
        argv: ['./parquet-worker.ts'],
      })
    : new Worker(new URL('./parquet-worker.js', import.meta.url), { resourceLimits, ...withoutInputType() });
  const first = await nextReply(worker, START_LIMIT);
  if ('ready' in first) return worker;
  void worker.terminate();
  throw new SceneError({
    code: 'WORKER_START_FAILED',
    expected: 'a thread that reads Parquet files',
    found: 'lost' in first ? first.lost : JSON.stringify(first),
    where: 'openParquet',
    fix: 'Look at the reason.',
  });
}

/** Threads inherit the flags of the process, and Node refuses this one (of `node --input-type=module --eval …`) for files. */
function withoutInputType(): { execArgv?: string[] } {
  return process.execArgv.some((flag) => flag.startsWith('--input-type')) ? { execArgv: [] } : {};
}

/** A thread that will not answer any more. */
interface Lost {
  readonly lost: string;
}

/** The thread's next message, or what came instead of it. */
function nextReply(worker: Worker, limit: number): Promise<ParquetReply | Lost> {
  return new Promise((resolve) => {
    const settle = (reply: ParquetReply | Lost): void => {
      clearTimeout(timer);
      worker.off('message', settle);
      worker.off('error', onError);
      worker.off('exit', onExit);
      resolve(reply);
    };
    const onError = (error: Error): void => settle({ lost: error.message });
    const onExit = (code: number): void => settle({ lost: `a thread that ended (${code})` });
    const timer = setTimeout(() => settle({ lost: `no end after ${limit} ms` }), limit);
    worker.on('message', settle);
    worker.on('error', onError);
    worker.on('exit', onExit);
  });
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
