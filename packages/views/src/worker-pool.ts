import { SceneError } from '@ssl-scene/errors';
import type { Producer, ProducerEvents, Ring } from './producer.ts';
import { type RenderSettings, restoreError, type WorkerMessage, type WorkerTask } from './worker-message.ts';
import { WorkerThread } from './worker-thread.ts';

/**
 * Fills the ring by worker threads. A thread that crashes is replaced, and its replacement begins with the image that was lost;
 * if that crashes again, the run fails with an error that names the image.
 */
export class WorkerPool implements Producer {
  readonly length: number;
  readonly datasetName: string;
  restarts = 0;
  readonly #settings: RenderSettings;
  readonly #threads: WorkerThread[];
  readonly #replacements = new Set<Promise<void>>();
  #ring: Ring | undefined;
  #events: ProducerEvents | undefined;
  #closed = false;
  /** Why a lane has no thread any more. */
  #loss: Error | undefined;
  /** The run and item at which each lane crashed last. */
  readonly #lostItems = new Map<number, { readonly run: number; readonly item: number }>();

  private constructor(settings: RenderSettings, threads: WorkerThread[], length: number, datasetName: string) {
    this.#settings = settings;
    this.#threads = threads;
    this.length = length;
    this.datasetName = datasetName;
  }

  static async open(settings: RenderSettings, lanes: number): Promise<WorkerPool> {
    const starts = Array.from({ length: lanes }, () => WorkerThread.open({ settings, nameOf: undefined }));
    const results = await Promise.allSettled(starts);
    const opened = results.filter((result) => result.status === 'fulfilled').map((result) => result.value);
    const threads = opened.map(({ thread }) => thread);
    const failed = results.find((result) => result.status === 'rejected');
    const lengths = new Set(opened.map(({ length }) => length));
    if (failed === undefined && lengths.size === 1) {
      return new WorkerPool(settings, threads, opened[0]!.length, opened[0]!.name);
    }
    await Promise.all(threads.map((thread) => thread.close()));
    throw failed?.reason ?? unequalLengths(lengths, opened[0]!.name);
  }

  async attach(ring: Ring, events: ProducerEvents): Promise<void> {
    this.#ring = ring;
    this.#events = events;
    await Promise.all(this.#threads.map((thread, lane) => thread.begin(this.#task(lane), this.#eventsOf(lane))));
  }

  async ready(): Promise<void> {
    await this.#replacementsDone();
    if (this.#loss !== undefined) throw this.#loss;
  }

  begin(): void {}

  async close(): Promise<void> {
    this.#closed = true;
    await this.#replacementsDone();
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }

  async #replacementsDone(): Promise<void> {
    while (this.#replacements.size > 0) await Promise.all(this.#replacements);
  }

  #task(lane: number, resume?: WorkerTask['resume']): WorkerTask {
    const { control, memory, order, cache } = this.#ring!;
    return {
      layout: memory.layout,
      slots: memory.buffers,
      control: control.buffer,
      order: order.buffer as SharedArrayBuffer,
      cache: cache?.buffers,
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
        if (this.#closed) return;
        const replacement = this.#replace(lane, reason).finally(() => this.#replacements.delete(replacement));
        this.#replacements.add(replacement);
      },
    };
  }

  async #replace(lane: number, reason: string): Promise<void> {
    const { control, order } = this.#ring!;
    const isRunning = control.isRunning(lane);
    const item = isRunning ? control.itemOf(lane) : undefined;
    const index = item === undefined ? undefined : order[item]!;
    const last = this.#lostItems.get(lane);
    const isSecondTime = item !== undefined && last?.run === control.run && last.item === item;
    if (item !== undefined) this.#lostItems.set(lane, { run: control.run, item });
    const resume = isRunning ? { firstItem: isSecondTime ? undefined : item } : undefined;
    if (isSecondTime) control.cancel();
    this.restarts++;
    try {
      const { thread, imageName } = await WorkerThread.open({ settings: this.#settings, nameOf: index });
      this.#threads[lane] = thread;
      if (isSecondTime) this.#events!.onFailure(crashedTwice(`image ${index}, "${imageName}"`, reason));
      else this.#events!.onWarning(crashWarning(lane, imageName, reason));
      await thread.begin(this.#task(lane, resume), this.#eventsOf(lane));
    } catch (error) {
      this.#loss = error as Error;
      if (isRunning) control.rest(lane);
      this.#events!.onFailure(this.#loss);
    }
  }
}

function crashWarning(lane: number, imageName: string | undefined, reason: string): string {
  const place = imageName === undefined ? 'between two images' : `at image "${imageName}", which is done again`;
  return `View worker ${lane} crashed ${place}; another took its place. Reason: ${reason}`;
}

function crashedTwice(where: string, reason: string): SceneError {
  return new SceneError({
    code: 'WORKER_CRASHED',
    expected: 'worker threads that survive every image',
    found: `a thread that crashed twice at the same image: ${reason}`,
    where,
    fix: 'Remove the image, or look at the reason: memory, the decoder, or a plug-in.',
  });
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
