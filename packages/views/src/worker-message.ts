import type { BadImage, DatasetSource } from '@ssl-scene/datasets';
import { isSceneError, SceneError } from '@ssl-scene/errors';
import type { RasterCacheBuffers } from './raster-cache.ts';
import type { RingLayout } from './ring-layout.ts';
import type { ViewPlan } from './view-plan.ts';

/** What every thread needs to know to render items. */
export interface RenderSettings {
  readonly source: DatasetSource;
  readonly plan: ViewPlan;
  readonly seed: number;
  readonly mean: readonly [number, number, number];
  readonly std: readonly [number, number, number];
  readonly regions: SharedArrayBuffer | undefined;
  readonly pairs: SharedArrayBuffer | undefined;
  readonly nativeLibrary: string | undefined;
  readonly engine: 'auto' | 'wasm' | 'typescript';
}

/** What a worker thread is started with: it opens the data set and says how large it is. */
export interface WorkerStart {
  readonly settings: RenderSettings;
  /** Index whose name is wanted, for an error that concerns it. */
  readonly nameOf: number | undefined;
}

/** What a worker thread is sent next: the shared memory that it works on. */
export interface WorkerTask {
  readonly layout: RingLayout;
  readonly slots: readonly SharedArrayBuffer[];
  readonly control: SharedArrayBuffer;
  readonly order: SharedArrayBuffer;
  readonly cache: RasterCacheBuffers | undefined;
  readonly badImages: SharedArrayBuffer | undefined;
  readonly lane: number;
  readonly lanes: number;
  /** The run that it need not take part in; it waits for the next. */
  readonly lastRun: number;
  /** Set where it takes the place of a thread that was lost during `lastRun`. */
  readonly resume: Resumption | undefined;
}

/** What a thread begins with that takes the place of another. */
export interface Resumption {
  /** The item that was lost; undefined where there is none. */
  readonly firstItem: number | undefined;
  /** Set where the item took too long: it is not done again, but its row left blank for this image. */
  readonly overdue: { readonly index: number; readonly timeLimit: number } | undefined;
}

/** What worker threads tell the main thread. */
export type WorkerMessage =
  | {
      readonly kind: 'opened';
      readonly length: number;
      readonly datasetName: string;
      readonly imageName: string | undefined;
    }
  | { readonly kind: 'ready' }
  | { readonly kind: 'bad-image'; readonly image: BadImage }
  | { readonly kind: 'failed'; readonly run: number; readonly error: PlainError };

/** An error as plain data: threads cannot hand each other instances of a class. */
export interface PlainError {
  readonly message: string;
  readonly stack: string | undefined;
  readonly scene: Readonly<Record<'code' | 'expected' | 'found' | 'where' | 'fix', string>> | undefined;
}

export function plainError(error: unknown): PlainError {
  if (!(error instanceof Error)) return { message: String(error), stack: undefined, scene: undefined };
  const { message, stack } = error;
  if (!isSceneError(error)) return { message, stack, scene: undefined };
  const { code, expected, found, where, fix } = error;
  return { message, stack, scene: { code, expected, found, where, fix } };
}

/** The error again, of its family if it had one; its stack is the other thread's. */
export function restoreError({ message, stack, scene }: PlainError): Error {
  const error = scene === undefined ? new Error(message) : new SceneError(scene);
  if (stack !== undefined) error.stack = stack;
  return error;
}
