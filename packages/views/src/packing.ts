import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import {
  DECODE_DECISIONS,
  type DecisionCounts,
  type DecodeDecision,
  encodePackedIndex,
  type ImageDataset,
  type ImageSize,
  isImageFault,
  openPacked,
  type PackedEntry,
  type PackedFacts,
  type PackedFault,
  type PackedRule,
} from '@ssl-scene/datasets';
import { SceneError } from '@ssl-scene/errors';
import { PackJournal, type StoredImage } from './pack-journal.ts';
import type { ResolvedPackOptions } from './pack-options.ts';
import { type PackOutcome, PackPool } from './pack-pool.ts';
import { PackedFile } from './packed-file.ts';
import { storedBox } from './stored-size.ts';

/** Images and bytes after which a chapter of the journal ends. */
const CHAPTER_IMAGES = 512;
const CHAPTER_BYTES = 2 ** 27;
/** Images that are packed ahead of the one that is written next, for each thread. */
const AHEAD = 4;

/** What is packed of a data set, and how. */
export type PackTask = Pick<PackedFacts, 'original' | 'rule' | 'hasMasks' | 'fingerprint'>;

/** One packing, from its journal to the finished file. */
export class Packing {
  readonly #dataset: ImageDataset;
  readonly #rule: PackedRule;
  readonly #path: string;
  readonly #options: ResolvedPackOptions;
  readonly #partial: string;
  readonly #withMasks: boolean;
  readonly #fingerprint: string | undefined;
  readonly #images: StoredImage[] = [];
  readonly #faults: PackedFault[] = [];
  /** How much there was when the present chapter of the journal began. */
  #chapterStart = { images: 0, faults: 0, bytes: 0 };

  constructor(
    dataset: ImageDataset,
    { rule, hasMasks, fingerprint }: PackTask,
    path: string,
    options: ResolvedPackOptions,
  ) {
    this.#dataset = dataset;
    this.#rule = rule;
    this.#fingerprint = fingerprint;
    this.#path = path;
    this.#options = options;
    this.#partial = `${path}.partial`;
    this.#withMasks = hasMasks;
  }

  /**
   * Makes the file.
   *
   * @returns number of images that an interrupted attempt had packed already
   */
  async run(): Promise<number> {
    const journalPath = `${this.#path}.journal`;
    const journal = PackJournal.open(journalPath, this.#task(), sizeOf(this.#partial));
    for (const { images, faults } of journal.chapters) {
      this.#images.push(...images);
      this.#faults.push(...faults);
    }
    const resumed = this.#images.length;
    const formerFault = this.#faults[0];
    if (formerFault !== undefined && this.#options.onBadImage === 'throw') throw new SceneError(formerFault);
    const data = new PackedFile(this.#partial, journal.chapters.at(-1)?.end ?? 0);
    try {
      await this.#storeImages(data, journal);
      data.finish(encodePackedIndex(this.#facts(), this.#entries()));
    } finally {
      data.close();
      journal.close();
    }
    if (this.#options.verify) verify(this.#partial);
    renameSync(this.#partial, this.#path);
    syncFolder(dirname(this.#path));
    rmSync(journalPath);
    return resumed;
  }

  /** What is packed and how; a journal of the same task can be continued. */
  #task(): string {
    const { source, length } = this.#dataset;
    const task = { source, length, rule: this.#rule, masks: this.#withMasks, fingerprint: this.#fingerprint };
    return JSON.stringify({ version: 2, ...task });
  }

  async #storeImages(data: PackedFile, journal: PackJournal): Promise<void> {
    const { workers, imageTimeLimit, nativeLibrary } = this.#options;
    const { source, length } = this.#dataset;
    const settings = { source, rule: this.#rule, withMasks: this.#withMasks, nativeLibrary };
    const remaining = length - this.#images.length;
    if (remaining === 0) return;
    this.#startChapter(data.end);
    const threads = Math.min(workers, remaining);
    const pool = await PackPool.open(settings, threads, imageTimeLimit, (index) => this.#dataset.id(index));
    const pending = new Map<number, Promise<PackOutcome>>();
    try {
      for (let index = this.#images.length, next = index; index < length; index++) {
        for (; next < Math.min(length, index + AHEAD * threads); next++) pending.set(next, started(pool.pack(next)));
        this.#store(data, index, await pending.get(index)!);
        pending.delete(index);
        if (this.#isChapterFull(data)) this.#endChapter(data, journal);
        this.#options.onProgress?.(index + 1, length);
      }
    } finally {
      // Also where something failed: the next attempt need not do again what is done.
      this.#endChapter(data, journal);
      await Promise.allSettled(pending.values());
      await pool.close();
    }
  }

  #store(data: PackedFile, index: number, outcome: PackOutcome): void {
    if ('image' in outcome) {
      this.#images.push(storeImage(data, outcome));
      return;
    }
    const error = new SceneError(outcome.fault);
    if (this.#options.onBadImage === 'throw' || !isImageFault(error)) throw error;
    this.#images.push(NOTHING);
    this.#faults.push({ index, ...outcome.fault });
    this.#options.onBadImageFound?.({ index, id: this.#dataset.id(index), code: error.code, message: error.message });
  }

  #isChapterFull(data: PackedFile): boolean {
    const { images, bytes } = this.#chapterStart;
    return this.#images.length - images >= CHAPTER_IMAGES || data.end - bytes >= CHAPTER_BYTES;
  }

  #endChapter(data: PackedFile, journal: PackJournal): void {
    const { images, faults } = this.#chapterStart;
    if (this.#images.length === images) return;
    data.sync();
    journal.add({ end: data.end, images: this.#images.slice(images), faults: this.#faults.slice(faults) });
    this.#startChapter(data.end);
  }

  #startChapter(bytes: number): void {
    this.#chapterStart = { images: this.#images.length, faults: this.#faults.length, bytes };
  }

  #facts(): PackedFacts {
    const { name, classNames, source, boxes, labels, warnings = [] } = this.#dataset;
    return {
      name,
      ...(classNames === undefined ? {} : { classNames }),
      original: source,
      rule: this.#rule,
      hasBoxes: boxes !== undefined,
      hasLabelLists: labels !== undefined,
      hasMasks: this.#withMasks,
      faults: this.#faults,
      warnings,
      decisions: decisionsIn(this.#images),
      ...(this.#fingerprint === undefined ? {} : { fingerprint: this.#fingerprint }),
    };
  }

  #entries(): PackedEntry[] {
    const dataset = this.#dataset;
    return this.#images.map((stored, index) => ({
      id: dataset.id(index),
      label: dataset.label(index),
      labels: dataset.labels?.(index) ?? [],
      size: { width: stored.width, height: stored.height },
      originalSize: originalSizeOf(stored),
      offset: stored.offset,
      checksum: stored.checksum,
      boxes: (dataset.boxes?.(index) ?? []).map((box) => storedBox(box, originalSizeOf(stored), stored)),
      maskOffset: stored.maskOffset,
      maskLength: stored.maskLength,
    }));
  }
}

function decisionsIn(images: readonly StoredImage[]): DecisionCounts {
  const counts = Object.fromEntries(DECODE_DECISIONS.map((decision) => [decision, 0])) as Record<
    DecodeDecision,
    number
  >;
  for (const { decisions } of images) for (const decision of decisions) counts[decision]++;
  return counts;
}

function originalSizeOf({ originalWidth, originalHeight }: StoredImage): ImageSize {
  return { width: originalWidth, height: originalHeight };
}

/** What is stored of an image that cannot be read. */
const NOTHING: StoredImage = {
  offset: 0,
  width: 0,
  height: 0,
  originalWidth: 0,
  originalHeight: 0,
  checksum: 0,
  maskOffset: 0,
  maskLength: 0,
  decisions: [],
};

function storeImage(data: PackedFile, { image }: Extract<PackOutcome, { image: unknown }>): StoredImage {
  const { data: pixels, mask, ...rest } = image;
  const offset = data.append(pixels);
  const maskOffset = mask.length === 0 ? 0 : data.append(mask);
  return { ...rest, offset, maskOffset, maskLength: mask.length };
}

/** A promise that may fail before anyone waits for it. */
function started<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}

/** Reads all images of a file; each is compared with its checksum. */
function verify(file: string): void {
  const packed = openPacked({ kind: 'packed', file });
  try {
    let memory = new Uint8Array(0);
    const bad = new Set(packed.facts.faults.map(({ index }) => index));
    for (let index = 0; index < packed.length; index++) {
      if (bad.has(index)) continue;
      packed.pixelsInto(index, (width, height) => {
        const length = width * height * 3;
        if (memory.length < length) memory = new Uint8Array(length);
        return memory.subarray(0, length);
      });
    }
  } finally {
    packed.close();
  }
}

function sizeOf(file: string): number {
  return existsSync(file) ? statSync(file).size : 0;
}

/** Makes a new name in a folder last, where the system can do so. */
function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
