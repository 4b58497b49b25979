import type { Raster } from '@ssl-scene/geometry';
import type { ImageDataset } from './image-dataset.ts';
import { type ImageFault, isImageFault } from './image-fault.ts';

/**
 * What happens at a picture that cannot be read. `throw`: the error is passed on. `skip`: the sample is left out this time and
 * tried again the next. `quarantine`: it is left out and not touched again.
 */
export type BadImagePolicy = 'throw' | 'skip' | 'quarantine';

/** A picture that could not be read. */
export interface BadImage {
  readonly index: number;
  readonly id: string;
  readonly code: ImageFault;
  readonly message: string;
}

/**
 * Reads pictures under a policy and keeps the list of those that failed, each once. A bad picture is never replaced by
 * another: its sample is left out, by name.
 *
 * @example
 * const badImages = new BadImages('skip');
 * const raster = await badImages.read(dataset, 17); // undefined where picture 17 is broken
 * console.log(badImages.list());
 */
export class BadImages {
  readonly policy: BadImagePolicy;
  readonly #entries = new Map<number, BadImage>();

  constructor(policy: BadImagePolicy = 'throw', known: Iterable<BadImage> = []) {
    this.policy = policy;
    for (const entry of known) this.add(entry);
  }

  get count(): number {
    return this.#entries.size;
  }

  /** All bad pictures met so far, by index. */
  list(): BadImage[] {
    return [...this.#entries.values()].sort((a, b) => a.index - b.index);
  }

  has(index: number): boolean {
    return this.#entries.has(index);
  }

  /** Adds an entry, for example one that a worker thread reports. */
  add(entry: BadImage): void {
    this.#entries.set(entry.index, entry);
  }

  /**
   * The picture, or undefined where it is bad and the policy is not `throw`. Errors that are not about a picture are always
   * passed on.
   */
  async read(dataset: ImageDataset, index: number): Promise<Raster | undefined> {
    if (this.policy === 'quarantine' && this.has(index)) return undefined;
    try {
      return await dataset.pixels(index);
    } catch (error) {
      if (!isImageFault(error)) throw error;
      this.add({ index, id: dataset.id(index), code: error.code, message: error.message });
      if (this.policy === 'throw') throw error;
      return undefined;
    }
  }
}
