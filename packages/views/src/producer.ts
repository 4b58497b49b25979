import type { BadImage } from '@ssl-scene/datasets';
import type { BadImageSet } from './bad-image-set.ts';
import type { RasterCache } from './raster-cache.ts';
import type { RingControl } from './ring-control.ts';
import type { RingMemory } from './ring-memory.ts';

/** The memory that producers and the consumer share. */
export interface Ring {
  readonly control: RingControl;
  readonly memory: RingMemory;
  readonly order: Uint32Array;
  readonly cache: RasterCache | undefined;
  /** Images that are not read again; undefined where bad images are tried every time. */
  readonly badImages: BadImageSet | undefined;
}

/** What a producer tells the consumer. */
export interface ProducerEvents {
  onBadImage(image: BadImage): void;
  /** The run cannot be finished. */
  onFailure(error: Error): void;
  /** Something was mended that someone should know of. */
  onWarning(message: string): void;
}

/** Whoever fills the ring: worker threads, or the main thread between other work. */
export interface Producer {
  /** Number of images of the data set. */
  readonly length: number;
  /** Name of the data set. */
  readonly datasetName: string;
  /** Threads that crashed or took too long and were replaced. */
  readonly restarts: number;
  /** Gets the memory; called once, before anything else. */
  attach(ring: Ring, events: ProducerEvents): Promise<void>;
  /** Resolves when all lanes are there and wait for a run. */
  ready(): Promise<void>;
  /** Called when a run has been started in the control cells. */
  begin(): void;
  /** Ends all lanes; the control cells say stop already. */
  close(): Promise<void>;
}
