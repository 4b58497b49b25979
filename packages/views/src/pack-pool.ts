import type { PackedFault } from '@ssl-scene/datasets';
import { crashedTwice } from './crashed-twice.ts';
import type { PackedImage, PackMessage, PackSettings } from './pack-message.ts';
import { type LostThread, PackThread } from './pack-thread.ts';
import { restoreError } from './worker-message.ts';

/** An image that was read, or why it could not be. */
export type PackOutcome = { readonly image: PackedImage } | { readonly fault: Omit<PackedFault, 'index'> };

/** Packs images by several threads. An image that a thread crashes at is tried once more. */
export class PackPool {
  readonly #settings: PackSettings;
  readonly #timeLimit: number;
  readonly #nameOf: (index: number) => string;
  readonly #idle: PackThread[];
  readonly #waiting: ((thread: PackThread) => void)[] = [];

  private constructor(
    settings: PackSettings,
    timeLimit: number,
    nameOf: (index: number) => string,
    threads: PackThread[],
  ) {
    this.#settings = settings;
    this.#timeLimit = timeLimit;
    this.#nameOf = nameOf;
    this.#idle = threads;
  }

  static async open(
    settings: PackSettings,
    threads: number,
    timeLimit: number,
    nameOf: (index: number) => string,
  ): Promise<PackPool> {
    const starts = await Promise.allSettled(Array.from({ length: threads }, () => PackThread.open(settings)));
    const opened = starts.filter((start) => start.status === 'fulfilled').map(({ value }) => value);
    const failed = starts.find((start) => start.status === 'rejected');
    if (failed === undefined) return new PackPool(settings, timeLimit, nameOf, opened);
    await Promise.all(opened.map((thread) => thread.close()));
    throw failed.reason;
  }

  /** Packs an image as soon as a thread is free. */
  async pack(index: number): Promise<PackOutcome> {
    let thread = await this.#take();
    try {
      let answer = await thread.pack(index, this.#timeLimit);
      for (let attempt = 1; answer.kind === 'lost'; attempt++) {
        const lost: LostThread = answer;
        thread = await PackThread.open(this.#settings);
        if (lost.isOverdue) return { fault: overdue(this.#nameOf(index), this.#timeLimit) };
        if (attempt === 2)
          throw crashedTwice('packing threads', `image ${index}, "${this.#nameOf(index)}"`, lost.reason);
        answer = await thread.pack(index, this.#timeLimit);
      }
      return outcomeOf(answer);
    } finally {
      this.#giveBack(thread);
    }
  }

  /** Ends all threads; no image may be waited for. */
  async close(): Promise<void> {
    await Promise.all(this.#idle.map((thread) => thread.close()));
  }

  #take(): PackThread | Promise<PackThread> {
    return this.#idle.pop() ?? new Promise((resolve) => this.#waiting.push(resolve));
  }

  #giveBack(thread: PackThread): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#idle.push(thread);
    else next(thread);
  }
}

function outcomeOf(message: PackMessage): PackOutcome {
  if (message.kind === 'packed') return { image: message.image };
  if (message.kind === 'bad') return { fault: message.fault };
  throw message.kind === 'failed' ? restoreError(message.error) : new Error(`a thread answered "${message.kind}"`);
}

function overdue(where: string, timeLimit: number): Omit<PackedFault, 'index'> {
  return {
    code: 'DECODE_TIMEOUT',
    expected: `a picture that is read within ${timeLimit} ms`,
    found: 'a thread still at work, which was ended',
    where,
    fix: 'Remove the file, or raise imageTimeLimit if the machine is merely slow.',
  };
}
