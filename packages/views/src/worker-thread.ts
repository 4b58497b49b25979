import type { Worker } from 'node:worker_threads';
import { SceneError } from '@ssl-scene/errors';
import { whileAlive } from './cell-wait.ts';
import { startWorker } from './worker-entry.ts';
import { restoreError, type WorkerMessage, type WorkerStart, type WorkerTask } from './worker-message.ts';

const LONGEST_FAREWELL = 2000;

/** What a thread tells while it works. */
export interface ThreadEvents {
  onMessage(message: WorkerMessage): void;
  /** The thread ended without being asked to; `reason` says what is known. */
  onCrash(reason: string): void;
}

/** A worker thread from its start to its end. It never keeps the process alive by itself. */
export class WorkerThread {
  readonly #worker: Worker;
  #events: ThreadEvents | undefined;
  #reason: string | undefined;
  #closing = false;

  private constructor(start: WorkerStart) {
    this.#worker = startWorker('worker', start);
    this.#worker.on('error', (error: Error) => {
      this.#reason = error.stack ?? error.message;
    });
    this.#worker.on('exit', (code) => {
      if (!this.#closing) this.#events?.onCrash(this.#reason ?? `exit code ${code}`);
    });
    this.#worker.on('message', (message: WorkerMessage) => this.#events?.onMessage(message));
    this.#worker.unref();
  }

  /** Starts a thread and lets it open the data set. */
  static async open(
    start: WorkerStart,
  ): Promise<{ thread: WorkerThread; length: number; name: string; imageName: string | undefined }> {
    const thread = new WorkerThread(start);
    const opened = await thread.#expect('opened');
    return { thread, length: opened.length, name: opened.datasetName, imageName: opened.imageName };
  }

  /** Gives an opened thread its task; from now on `events` hears of it. */
  async begin(task: WorkerTask, events: ThreadEvents): Promise<void> {
    const ready = this.#expect('ready', events);
    this.#worker.postMessage(task);
    await ready;
  }

  /** Ends the thread wherever it is, and hears no more of it. Code that is not JavaScript goes on until it returns. */
  abandon(): void {
    this.#closing = true;
    void this.#worker.terminate();
  }

  /** Resolves when the thread has ended. A thread that has begun must have been told to stop by its control cells. */
  async close(): Promise<void> {
    this.#closing = true;
    if (this.#worker.threadId === -1) return;
    this.#worker.postMessage(undefined);
    const ended = new Promise<void>((resolve) => this.#worker.once('exit', () => resolve()));
    const deadline = setTimeout(() => void this.#worker.terminate(), LONGEST_FAREWELL);
    await whileAlive(ended);
    clearTimeout(deadline);
  }

  /** The next message, which must be of a kind; afterwards `events` takes over. Other ends are errors. */
  async #expect<K extends WorkerMessage['kind']>(
    kind: K,
    next?: ThreadEvents,
  ): Promise<Extract<WorkerMessage, { kind: K }>> {
    const answer = new Promise<Extract<WorkerMessage, { kind: K }>>((resolve, reject) => {
      this.#events = {
        onMessage: (message) => {
          this.#events = next;
          if (message.kind === kind) resolve(message as Extract<WorkerMessage, { kind: K }>);
          else reject(message.kind === 'failed' ? restoreError(message.error) : startFailed(`"${message.kind}"`));
        },
        onCrash: (reason) => reject(startFailed(reason)),
      };
    });
    return await whileAlive(answer);
  }
}

function startFailed(found: string): SceneError {
  return new SceneError({
    code: 'WORKER_START_FAILED',
    expected: 'a worker thread that starts',
    found,
    where: 'createViewLoader',
    fix: 'Look at the reason; with workers: 0 everything runs in the main thread.',
  });
}
