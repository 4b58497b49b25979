import type { Worker } from 'node:worker_threads';
import { SceneError } from '@ssl-scene/errors';
import type { PackMessage, PackSettings } from './pack-message.ts';
import { startWorker } from './worker-entry.ts';
import { restoreError } from './worker-message.ts';

/** A thread ended without an answer, by itself or because it took too long. */
export interface LostThread {
  readonly kind: 'lost';
  readonly isOverdue: boolean;
  readonly reason: string;
}

/** Milliseconds that a thread may take to start, on a machine that may be busy. */
const LONGEST_START = 120_000;

/** A packing thread: answers one index after the other. */
export class PackThread {
  readonly #worker: Worker;
  #reason = 'a thread that ended';

  private constructor(settings: PackSettings) {
    this.#worker = startWorker('pack-worker', settings);
    this.#worker.on('error', (error: Error) => {
      this.#reason = error.stack ?? error.message;
    });
  }

  static async open(settings: PackSettings): Promise<PackThread> {
    const thread = new PackThread(settings);
    const message = await thread.#answer(LONGEST_START);
    if (message.kind === 'ready') return thread;
    void thread.close();
    if (message.kind === 'failed') throw restoreError(message.error);
    throw new SceneError({
      code: 'WORKER_START_FAILED',
      expected: 'a packing thread that starts',
      found: message.kind === 'lost' ? message.reason : message.kind,
      where: 'packDataset',
      fix: 'Look at the reason.',
    });
  }

  /** Has an image packed; afterwards the thread is gone where it is `lost`. */
  async pack(index: number, timeLimit: number): Promise<PackMessage | LostThread> {
    const answer = this.#answer(timeLimit);
    this.#worker.postMessage(index);
    return await answer;
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #answer(timeLimit: number): Promise<PackMessage | LostThread> {
    return new Promise((resolve) => {
      const settle = (answer: PackMessage | LostThread): void => {
        clearTimeout(timer);
        this.#worker.off('message', settle);
        this.#worker.off('exit', onExit);
        resolve(answer);
      };
      const onExit = (): void => settle({ kind: 'lost', isOverdue: false, reason: this.#reason });
      const timer = setTimeout(() => {
        settle({ kind: 'lost', isOverdue: true, reason: `no answer within ${timeLimit} ms` });
        void this.close();
      }, timeLimit);
      this.#worker.on('message', settle);
      this.#worker.on('exit', onExit);
    });
  }
}
