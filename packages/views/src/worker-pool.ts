import { SceneError } from '@ssl-scene/errors';
import { crashedTwice } from './crashed-twice.ts';
import type { Producer, ProducerEvents, Ring } from './producer.ts';
import { WorkWatch } from './work-watch.ts';
import {
  type RenderSettings,
  type Resumption,
  restoreError,
  type WorkerMessage,
  type WorkerTask,
} from './worker-message.ts';
import { WorkerThread } from './worker-thread.ts';

/**
 * Fills the ring by worker threads. A thread that crashes is replaced, and its replacement begins with the image that was lost;
 * if that crashes again, the run fails with an error that names the image. A thread that stays at one image for longer than the
 * time limit is ended and replaced, and the image counts as one that cannot be read.
 */
export class WorkerPool implements Producer {
  readonly length: number;
  readonly datasetName: string;
  restarts = 0;
  readonly #settings: RenderSettings;
  readonly #timeLimit: number;
  readonly #threads: WorkerThread[];
  readonly #replacements = new Set<Promise<void>>();
  #ring: Ring | undefined;
  #events: ProducerEvents | undefined;
  #watch: WorkWatch | undefined;
  #closed = false;
  /** Why a lane has no thread any more. */
  #loss: Error | undefined;
  /** The run and item at which each lane crashed last. */
  readonly #lostItems = new Map<number, { readonly run: number; readonly item: number }>();

  private constructor(
    settings: RenderSettings,
    timeLimit: number,
    threads: WorkerThread[],
    { length, name }: { readonly length: number; readonly name: string },
  ) {
    this.#settings = settings;
    this.#timeLimit = timeLimit;
    this.#threads = threads;
    this.length = length;
    this.datasetName = name;
  }

  /** @param timeLimit milliseconds that a thread may stay at one item */
  static async open(settings: RenderSettings, lanes: number, timeLimit: number): Promise<WorkerPool> {
    const starts = Array.from({ length: lanes }, () => WorkerThread.open({ settings, nameOf: undefined }));
    const results = await Promise.allSettled(starts);
    const opened = results.filter((result) => result.status === 'fulfilled').map((result) => result.value);
    const threads = opened.map(({ thread }) => thread);
    const failed = results.find((result) => result.status === 'rejected');
    const lengths = new Set(opened.map(({ length }) => length));
    if (failed === undefined && lengths.size === 1) {
      return new WorkerPool(settings, timeLimit, threads, opened[0]!);
    }
    await Promise.all(threads.map((thread) => thread.close()));
    throw failed?.reason ?? unequalLengths(lengths, opened[0]!.name);
  }

  async attach(ring: Ring, events: ProducerEvents): Promise<void> {
    this.#ring = ring;
    this.#events = events;
    this.#watch = new WorkWatch(ring.control, this.#timeLimit, (lane) => this.#giveUp(lane));
    await Promise.all(this.#threads.map((thread, lane) => thread.begin(this.#task(lane), this.#eventsOf(lane))));
  }

  async ready(): Promise<void> {
    await this.#replacementsDone();
    if (this.#loss !== undefined) throw this.#loss;
  }

  begin(): void {}

  async close(): Promise<void> {
    this.#closed = true;
    this.#watch?.close();
    await this.#replacementsDone();
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }

  async #replacementsDone(): Promise<void> {
    while (this.#replacements.size > 0) await Promise.all(this.#replacements);
  }

  #task(lane: number, resume?: Resumption): WorkerTask {
    const { control, memory, order, cache, badImages } = this.#ring!;
    return {
      layout: memory.layout,
      slots: memory.buffers,
      control: control.buffer,
      order: order.buffer as SharedArrayBuffer,
      cache: cache?.buffers,
      badImages: badImages?.buffer,
      lane,
      lanes: control.lanes,
      lastRun: control.run,
      resume,
    };
  }

  #eventsOf(lane: number): { onMessage(message: WorkerMessage): void; onCrash(reason: string): void } {
    return {
      onMessage: (message) => {
        if (message.kind === 'bad-image') this.#events!.onBadImage(message.image);
        if (message.kind !== 'failed') return;
        // A message of a run that was left meanwhile concerns nobody any more.
        if (message.run === this.#ring!.control.run) this.#events!.onFailure(restoreError(message.error));
      },
      onCrash: (reason) => {
        if (!this.#closed) this.#remember(this.#replaceCrashed(lane, reason));
      },
    };
  }

  #remember(work: Promise<void>): void {
    const replacement = work.finally(() => this.#replacements.delete(replacement));
    this.#replacements.add(replacement);
  }

  async #replaceCrashed(lane: number, reason: string): Promise<void> {
    const { control } = this.#ring!;
    control.abandon(lane);
    const isRunning = control.isRunning(lane);
    const item = isRunning ? control.itemOf(lane) : undefined;
    const index = item === undefined ? undefined : this.#imageAt(lane, item);
    const last = this.#lostItems.get(lane);
    const isSecondTime = item !== undefined && last?.run === control.run && last.item === item;
    if (item !== undefined) this.#lostItems.set(lane, { run: control.run, item });
    if (isSecondTime) control.cancel();
    const resume = { firstItem: isSecondTime ? undefined : item, overdue: undefined };
    await this.#replace(lane, isRunning ? resume : undefined, index, (imageName) => {
      if (isSecondTime)
        this.#events!.onFailure(crashedTwice('worker threads', `image ${index}, "${imageName}"`, reason));
      else this.#events!.onWarning(crashWarning(lane, imageName, reason));
    });
  }

  /** Replaces a thread whose item was taken away because it took too long. */
  #giveUp(lane: number): void {
    const { control } = this.#ring!;
    const item = control.itemOf(lane)!;
    const overdue = { index: this.#imageAt(lane, item), timeLimit: this.#timeLimit };
    this.#threads[lane]!.abandon();
    this.#remember(
      this.#replace(lane, { firstItem: item, overdue }, overdue.index, (imageName) =>
        this.#events!.onWarning(overdueWarning(lane, imageName!, this.#timeLimit)),
      ),
    );
  }

  /** The image that a lane was at: that of its item, unless it had gone on to the partner of that. */
  #imageAt(lane: number, item: number): number {
    const { control, order, memory } = this.#ring!;
    const { partners } = memory.slots[Math.floor(item / control.batchSize) % control.slots]!;
    const image = control.imageOf(lane);
    return image === partners?.[item % control.batchSize] ? image : order[item]!;
  }

  async #replace(
    lane: number,
    resume: Resumption | undefined,
    nameOf: number | undefined,
    announce: (imageName: string | undefined) => void,
  ): Promise<void> {
    const { control } = this.#ring!;
    this.restarts++;
    try {
      const { thread, imageName } = await WorkerThread.open({ settings: this.#settings, nameOf });
      this.#threads[lane] = thread;
      control.renew(lane);
      announce(imageName);
      await thread.begin(this.#task(lane, resume), this.#eventsOf(lane));
    } catch (error) {
      this.#loss = error as Error;
      if (resume !== undefined) control.rest(lane);
      this.#events!.onFailure(this.#loss);
    }
  }
}

function overdueWarning(lane: number, imageName: string, timeLimit: number): string {
  return `View worker ${lane} was at image "${imageName}" for more than ${timeLimit} ms; another took its place.`;
}

function crashWarning(lane: number, imageName: string | undefined, reason: string): string {
  const place = imageName === undefined ? 'between two images' : `at image "${imageName}", which is done again`;
  return `View worker ${lane} crashed ${place}; another took its place. Reason: ${reason}`;
}

function unequalLengths(lengths: ReadonlySet<number>, name: string): SceneError {
  return new SceneError({
    code: 'UNSTABLE_DATASET',
    expected: 'a data set that opens with the same number of images every time',
    found: [...lengths].join(', '),
    where: `data set "${name}"`,
    fix: 'Leave the files alone while they are in use.',
  });
}
