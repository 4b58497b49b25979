import { setTimeout } from 'node:timers/promises';
import type { CropTally } from '@ssl-scene/cropping';
import type { BadImage, DecisionCounts } from '@ssl-scene/datasets';
import { SceneError } from '@ssl-scene/errors';
import { badImageError, leavesOutBad } from './bad-image-policy.ts';
import { BadImageSet } from './bad-image-set.ts';
import type { Batch, Pixels } from './batch.ts';
import { takeBatch } from './batch-from-slot.ts';
import { cellChange, whileAlive } from './cell-wait.ts';
import type { DecodeTally } from './image-reader.ts';
import {
  checkBatchSize,
  checkPairTable,
  checkWhole,
  type ResolvedOptions,
  resolveIndices,
  resolveOptions,
  type ViewLoaderOptions,
} from './loader-options.ts';
import { MainThreadProducer } from './main-thread-producer.ts';
import type { Producer, Ring } from './producer.ts';
import { RasterCache } from './raster-cache.ts';
import { RingControl } from './ring-control.ts';
import { type RingLayout, ROW_BAD, ringLayout } from './ring-layout.ts';
import { RingMemory } from './ring-memory.ts';
import { sampleOrder } from './sample-order.ts';
import type { RenderSettings } from './worker-message.ts';
import { WorkerPool } from './worker-pool.ts';

/** Batches of views, epoch after epoch. */
export interface ViewLoader<P extends Pixels = Pixels> {
  /** Name of the data set. */
  readonly datasetName: string;
  /** Number of images that take part. */
  readonly length: number;
  readonly stepsPerEpoch: number;
  /**
   * The batches of an epoch, from a step on. What they hold depends on seed, epoch and step only, so that a run resumes with
   * the very batches that it would have had. One epoch at a time: finish or leave (`break`, `return()`) one before the next.
   * Set regions between epochs: batches are made ahead, so a change within one has no definite first batch.
   */
  epoch(epoch: number, fromStep?: number): AsyncIterableIterator<Batch<P>>;
  /** The images that could not be read so far, by index, each once. */
  badImages(): BadImage[];
  /** Seconds that the consumer has waited for batches since the loader was made. */
  readonly waitSeconds: number;
  /** Worker threads that crashed, or were at one image for too long, and were replaced. */
  readonly workerRestarts: number;
  /** How often croppers had to do something else than what they are for, over all views made so far. */
  readonly cropTally: CropTally;
  /** With `nativeLibrary`: how many pictures it decoded, and how many files were left to the data set's own decoder. */
  readonly decodeTally: DecodeTally;
  /** What decoding did to the pictures read so far (turned upright, palette replaced …); a picture read again counts again. */
  readonly decisions: DecisionCounts;
  /** Ends all threads and frees the data set. Calling it again does nothing. */
  close(): Promise<void>;
}

/**
 * Opens a data set and prepares to make batches of views from it, by worker threads or in the main thread. Every choice of
 * workers gives the same bits.
 *
 * @throws SceneError for a plan or options that cannot work, among them a batch larger than the data set; whatever opening the
 * data set throws; `WORKER_START_FAILED`
 */
export async function createViewLoader(
  options: ViewLoaderOptions & { readonly output?: 'float32' },
): Promise<ViewLoader<Float32Array>>;
export async function createViewLoader(
  options: ViewLoaderOptions & { readonly output: 'uint8' },
): Promise<ViewLoader<Uint8Array>>;
export async function createViewLoader(options: ViewLoaderOptions): Promise<ViewLoader>;
export async function createViewLoader(options: ViewLoaderOptions): Promise<ViewLoader> {
  const resolved = resolveOptions(options);
  const settings: RenderSettings = {
    source: resolved.source,
    plan: resolved.plan,
    seed: resolved.seed,
    mean: resolved.normalise.mean,
    std: resolved.normalise.std,
    regions: resolved.regions,
    pairs: resolved.pairs,
    nativeLibrary: resolved.nativeLibrary,
    engine: resolved.engine,
  };
  const producer =
    resolved.workers === 0
      ? await MainThreadProducer.open(settings)
      : await WorkerPool.open(settings, resolved.workers, resolved.imageTimeLimit);
  return await RingViewLoader.create(resolved, producer);
}

/** Milliseconds that lanes have to finish the image they are at. */
const LONGEST_FAREWELL = 2000;

class RingViewLoader implements ViewLoader {
  readonly datasetName: string;
  readonly length: number;
  readonly stepsPerEpoch: number;
  readonly #options: ResolvedOptions;
  readonly #indices: Uint32Array | undefined;
  readonly #producer: Producer;
  readonly #ring: Ring;
  readonly #badImages = new Map<number, BadImage>();
  /** By slot: the mark of the batch that the consumer holds there, and the batch that may be written to it next. */
  readonly #held: (symbol | undefined)[];
  readonly #following: number[];
  /** Who waits for news other than batches. */
  #listeners: (() => void)[] = [];
  #failure: Error | undefined;
  #inEpoch = false;
  /** Whether released memory may be filled for the present run. */
  #isRunning = false;
  #closing: Promise<void> | undefined;
  #waitMilliseconds = 0;

  private constructor(options: ResolvedOptions, producer: Producer, indices: Uint32Array | undefined, ring: Ring) {
    const { batchSize, dropLast, prefetch } = options;
    this.datasetName = producer.datasetName;
    this.length = ring.order.length;
    this.stepsPerEpoch = dropLast ? Math.floor(this.length / batchSize) : Math.ceil(this.length / batchSize);
    this.#options = options;
    this.#producer = producer;
    this.#indices = indices;
    this.#ring = ring;
    this.#held = Array.from({ length: prefetch }, () => undefined);
    this.#following = Array.from({ length: prefetch }, () => 0);
    for (const image of options.knownBadImages) this.#badImages.set(image.index, image);
  }

  static async create(options: ResolvedOptions, producer: Producer): Promise<RingViewLoader> {
    const { batchSize, prefetch, workers } = options;
    const control = new RingControl(prefetch, Math.max(1, workers), batchSize);
    try {
      const indices = resolveIndices(options.indices, producer.length);
      const count = indices?.length ?? producer.length;
      checkBatchSize(batchSize, count, producer.datasetName);
      checkPairTable(options, producer.length, indices);
      const memory = reserveMemory(ringLayout(options.plan, batchSize, options.output, prefetch));
      const cache = reserveCache(producer.length, options.cacheMegabytes);
      const badImages = quarantineOf(options, producer.length);
      const ring = { control, memory, order: new Uint32Array(new SharedArrayBuffer(count * 4)), cache, badImages };
      const loader = new RingViewLoader(options, producer, indices, ring);
      await loader.#attach();
      return loader;
    } catch (error) {
      control.stop();
      await producer.close();
      throw error;
    }
  }

  async #attach(): Promise<void> {
    await this.#producer.attach(this.#ring, {
      onBadImage: (image) => this.#hear(() => this.#badImages.set(image.index, image)),
      onFailure: (error) => this.#fail(error),
      onWarning: this.#options.onWarning,
    });
  }

  get waitSeconds(): number {
    return this.#waitMilliseconds / 1000;
  }

  get cropTally(): CropTally {
    return this.#ring.control.tally;
  }

  get decodeTally(): DecodeTally {
    return this.#ring.control.decodeTally;
  }

  get decisions(): DecisionCounts {
    return this.#ring.control.decisions;
  }

  get workerRestarts(): number {
    return this.#producer.restarts;
  }

  badImages(): BadImage[] {
    return [...this.#badImages.values()].sort((a, b) => a.index - b.index);
  }

  async *epoch(epoch: number, fromStep = 0): AsyncGenerator<Batch> {
    checkWhole('epoch', epoch, 0, 2 ** 31 - 1);
    checkWhole('fromStep', fromStep, 0, this.stepsPerEpoch);
    if (this.#closing !== undefined) throw loaderClosed();
    if (this.#inEpoch) throw epochInProgress();
    this.#inEpoch = true;
    let isWhole = false;
    try {
      await this.#waited(this.#begin(epoch, fromStep));
      for (let step = fromStep; step < this.stepsPerEpoch; step++) yield await this.#waited(this.#take(epoch, step));
      isWhole = true;
    } finally {
      this.#cancelRun();
      // Whoever leaves a loop cannot release its last batch any more.
      if (!isWhole) this.#held.fill(undefined);
      await whileAlive(this.#lanesRest());
      this.#inEpoch = false;
    }
  }

  #cancelRun(): void {
    this.#isRunning = false;
    this.#ring.control.cancel();
  }

  async close(): Promise<void> {
    this.#closing ??= this.#end();
    await this.#closing;
  }

  async #end(): Promise<void> {
    const { control } = this.#ring;
    this.#fail(loaderClosed());
    // A lane that hangs in foreign code must not keep the loader from closing.
    await whileAlive(Promise.race([this.#lanesRest(), setTimeout(LONGEST_FAREWELL, undefined, { ref: false })]));
    control.stop();
    await this.#producer.close();
    control.restAll();
  }

  /** Starts a run over the rest of an epoch. */
  async #begin(epoch: number, fromStep: number): Promise<void> {
    await this.#producer.ready();
    await this.#lanesRest();
    // Closing may have begun while this waited.
    if (this.#closing !== undefined) throw loaderClosed();
    const { control, order } = this.#ring;
    this.#failure = undefined;
    order.set(sampleOrder(this.#options.seed, epoch, this.length, this.#indices));
    for (let batch = fromStep; batch < fromStep + control.slots; batch++) {
      const slot = batch % control.slots;
      this.#following[slot] = batch;
      if (this.#held[slot] !== undefined) control.hold(slot);
      else control.offer(batch);
    }
    const { batchSize } = this.#options;
    control.start(epoch, fromStep * batchSize, Math.min(this.stepsPerEpoch * batchSize, this.length));
    this.#isRunning = true;
    this.#producer.begin();
  }

  async #take(epoch: number, step: number): Promise<Batch> {
    const { control, memory, order } = this.#ring;
    const slot = step % control.slots;
    if (this.#held[slot] !== undefined) throw batchNotReleased(control.slots);
    while (!control.isComplete(step)) {
      if (this.#failure !== undefined) throw this.#failure;
      const cell = control.completeCell(slot);
      const seen = Atomics.load(control.cells, cell);
      if (seen !== step + 1) await cellChange(control.cells, cell, seen);
    }
    const { batchSize, onBadImage } = this.#options;
    const start = step * batchSize;
    const indices = order.slice(start, Math.min(start + batchSize, this.length));
    const { status, partners } = memory.slots[slot]!;
    for (const [row, index] of indices.entries()) {
      if (status[row] !== ROW_BAD) continue;
      const image = await this.#badImage(index, partners?.[row]);
      if (onBadImage === 'throw') throw badImageError(image, step);
    }
    this.#following[slot] = step + control.slots;
    const content = takeBatch(memory.slots[slot]!, indices, leavesOutBad(onBadImage));
    return { epoch, step, ...content, release: this.#lend(slot) };
  }

  /** Marks a slot as held; what it returns gives it back, once. */
  #lend(slot: number): () => void {
    const mark = Symbol('batch');
    this.#held[slot] = mark;
    return () => {
      if (this.#held[slot] !== mark) return;
      this.#held[slot] = undefined;
      if (this.#isRunning) this.#ring.control.offer(this.#following[slot]!);
    };
  }

  /** The entry of a row's image, or its partner; its message may be a little behind the row. */
  async #badImage(index: number, partner = index): Promise<BadImage> {
    for (;;) {
      const image = this.#badImages.get(index) ?? this.#badImages.get(partner);
      if (image !== undefined) return image;
      if (this.#failure !== undefined) throw this.#failure;
      await new Promise<void>((resolve) => this.#listeners.push(resolve));
    }
  }

  #hear(news: () => void): void {
    news();
    const listeners = this.#listeners;
    this.#listeners = [];
    for (const listener of listeners) listener();
  }

  #fail(error: Error): void {
    this.#hear(() => {
      this.#failure ??= error;
    });
    this.#cancelRun();
    this.#ring.control.wakeConsumer();
  }

  async #lanesRest(): Promise<void> {
    const { control } = this.#ring;
    for (let active = control.activeLanes; active > 0; active = control.activeLanes) {
      await cellChange(control.cells, control.activeCell, active);
    }
  }

  async #waited<T>(promise: Promise<T>): Promise<T> {
    const start = performance.now();
    try {
      return await whileAlive(promise);
    } finally {
      this.#waitMilliseconds += performance.now() - start;
    }
  }
}

function reserveMemory(layout: RingLayout): RingMemory {
  try {
    return RingMemory.create(layout);
  } catch (cause) {
    const found = `${layout.slots} batches of ${megabytes(layout.slotBytes)} MiB`;
    const fix = "Take output: 'uint8' (a quarter), a smaller batch or smaller views.";
    throw outOfMemory('a ring of batches that fits in memory', found, fix, cause);
  }
}

function reserveCache(images: number, size: number): RasterCache | undefined {
  if (size === 0) return undefined;
  try {
    return RasterCache.create(images, size * 2 ** 20);
  } catch (cause) {
    throw outOfMemory('a cache that fits in memory', `${size} MiB`, 'Take a smaller cacheMegabytes.', cause);
  }
}

/** The images that are not read any more under the policy `quarantine`. */
function quarantineOf({ onBadImage, knownBadImages }: ResolvedOptions, images: number): BadImageSet | undefined {
  if (onBadImage !== 'quarantine') return undefined;
  const set = BadImageSet.create(images);
  for (const { index } of knownBadImages) {
    checkWhole('knownBadImages, index', index, 0, images - 1);
    set.add(index);
  }
  return set;
}

function megabytes(bytes: number): number {
  return Math.ceil(bytes / 2 ** 20);
}

function outOfMemory(expected: string, found: string, fix: string, cause: unknown): SceneError {
  return new SceneError({ code: 'OUT_OF_MEMORY', expected, found, where: 'createViewLoader', fix, cause });
}

function epochInProgress(): SceneError {
  return new SceneError({
    code: 'EPOCH_IN_PROGRESS',
    expected: 'one epoch at a time',
    found: 'another one that has not ended',
    where: 'epoch()',
    fix: 'Finish the former epoch, leave its loop with break, or call return() on its iterator.',
  });
}

function batchNotReleased(slots: number): SceneError {
  return new SceneError({
    code: 'BATCH_NOT_RELEASED',
    expected: `at most ${slots - 1} batches held while the next is asked for`,
    found: 'the memory of the next batch still held',
    where: 'epoch()',
    fix: 'Call release() on every batch when you are done with it.',
  });
}

function loaderClosed(): SceneError {
  return new SceneError({
    code: 'LOADER_CLOSED',
    expected: 'an open loader',
    found: 'a closed one',
    where: 'epoch()',
    fix: 'Make a new loader.',
  });
}
