import { availableParallelism } from 'node:os';
import type { ChannelValues } from '@ssl-scene/augmentations';
import { cropNeeds } from '@ssl-scene/cropping';
import type { BadImage, DatasetSource } from '@ssl-scene/datasets';
import { SceneError } from '@ssl-scene/errors';
import type { BadImagePolicy } from './bad-image-policy.ts';
import { PairTable } from './pair-table.ts';
import { checkViewPlan, needsPair, type ViewPlan } from './view-plan.ts';

/** Options of `createViewLoader`. */
export interface ViewLoaderOptions {
  /** The data set, as data: every thread opens it for itself. */
  readonly source: DatasetSource;
  /** The views of every image. */
  readonly plan: ViewPlan;
  /** Images a batch. */
  readonly batchSize: number;
  /** Decides order, crops and augmentations together with epoch, index and view. An integer from 0 to 2^53 - 1. */
  readonly seed: number;
  /** Worker threads; 0 works in the main thread, a few milliseconds at a time. Default: the number of cores, at most 4. */
  readonly workers?: number;
  /** Values in [0, 1] that are subtracted and divided by, for float32 output. Default: those of ImageNet. */
  readonly normalise?: { readonly mean: ChannelValues; readonly std: ChannelValues };
  /** Normalised float32, or the plain bytes (a quarter of the memory). Default: `float32`. */
  readonly output?: 'float32' | 'uint8';
  /** Whether the last batch of an epoch is left out where it would be smaller. Default: true. */
  readonly dropLast?: boolean;
  /** The buffer of a `RegionStore` with a region per image of the data set, which croppers read live. Default: none. */
  readonly regions?: SharedArrayBuffer;
  /** Indices of the images that take part, each once. Default: all. */
  readonly indices?: ArrayLike<number>;
  /** The buffer of a `PairTable`, for plans with views of pairs. Default: none. */
  readonly pairs?: SharedArrayBuffer;
  /** What happens with an image that cannot be read. Default: `throw`. */
  readonly onBadImage?: BadImagePolicy;
  /** Images that are known to be bad, from `badImages()` of another loader; the policy `quarantine` does not touch them. Default: none. */
  readonly knownBadImages?: readonly BadImage[];
  /**
   * Milliseconds that a worker thread may take to make the views of one image. Then the thread is ended and replaced, and the
   * image counts as one that cannot be read. Without worker threads nothing can be interrupted. Default: 60,000.
   */
  readonly imageTimeLimit?: number;
  /**
   * Folder of `@tensorflow/tfjs-node` or `tfjs-node-gpu` with its native library (`packageDirectory` of what `findNative()` of
   * `@ssl-scene/native` finds): every thread decodes ordinary JPEG files by TensorFlow's own operation, which gives the same
   * pixels faster, and leaves the rest to the data set. Default: none, the data set decodes all.
   */
  readonly nativeLibrary?: string;
  /** What makes the views; the bits are the same. Default: `auto`, WebAssembly where the host has its SIMD instructions. */
  readonly engine?: 'auto' | 'wasm' | 'typescript';
  /**
   * Megabytes (2^20 bytes) of shared memory for decoded images, so that later epochs need not decode them again; taken as they are
   * filled. It changes no result. Useless for data sets that are in memory anyway. Default: 0.
   */
  readonly cacheMegabytes?: number;
  /** Batches in the ring, the ones you hold included; at least 2. Default: 3. */
  readonly prefetch?: number;
  /** Hears of things that were mended, such as a worker that crashed. Default: `process.emitWarning`. */
  readonly onWarning?: (message: string) => void;
}

/** Options with defaults filled in and values checked. */
export type ResolvedOptions = Required<Omit<ViewLoaderOptions, OptionalName>> & Pick<ViewLoaderOptions, OptionalName>;

type OptionalName = 'regions' | 'pairs' | 'indices' | 'nativeLibrary';

const IMAGENET = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } as const;
const MOST_WORKERS = 256;
const POLICIES: readonly BadImagePolicy[] = ['throw', 'skip', 'quarantine', 'blank'];

/** Fills in defaults. Error for values out of range. */
export function resolveOptions(options: ViewLoaderOptions): ResolvedOptions {
  const resolved: ResolvedOptions = {
    workers: Math.min(4, availableParallelism()),
    normalise: IMAGENET,
    output: 'float32',
    dropLast: true,
    onBadImage: 'throw',
    knownBadImages: [],
    imageTimeLimit: 60_000,
    engine: 'auto',
    prefetch: 3,
    cacheMegabytes: 0,
    onWarning: (message) => process.emitWarning(message, 'SceneWarning'),
    ...withoutUndefined(options),
  };
  checkViewPlan(resolved.plan);
  checkWhole('batchSize', resolved.batchSize, 1, 2 ** 20);
  checkWhole('seed', resolved.seed, 0, Number.MAX_SAFE_INTEGER);
  checkWhole('workers', resolved.workers, 0, MOST_WORKERS);
  checkWhole('prefetch', resolved.prefetch, 2, 64);
  checkWhole('cacheMegabytes', resolved.cacheMegabytes, 0, 2 ** 20);
  checkWhole('imageTimeLimit', resolved.imageTimeLimit, 1, 2 ** 31 - 1);
  checkRegions(resolved);
  checkPairs(resolved);
  checkChoice('output', resolved.output, ['float32', 'uint8']);
  checkChoice('onBadImage', resolved.onBadImage, POLICIES);
  checkChoice('engine', resolved.engine, ['auto', 'wasm', 'typescript']);
  return resolved;
}

/** The indices that take part, checked against the data set's length; undefined for all. */
export function resolveIndices(indices: ArrayLike<number> | undefined, length: number): Uint32Array | undefined {
  if (indices === undefined) return undefined;
  const seen = new Set<number>();
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i]!;
    checkWhole(`indices[${i}]`, index, 0, length - 1);
    if (seen.has(index)) throw badOption('indices', 'every index once', `${index} twice`, 'Leave out the repetition.');
    seen.add(index);
  }
  return Uint32Array.from(indices);
}

/** Error unless a whole batch can be drawn. */
export function checkBatchSize(batchSize: number, count: number, datasetName: string): void {
  if (batchSize <= count) return;
  const expected = `a batch of at most ${count} images, which is all there are in "${datasetName}"`;
  throw badOption('batchSize', expected, String(batchSize), 'Take a smaller batch or more images.');
}

export function checkWhole(name: string, value: number, low: number, high: number): void {
  if (Number.isInteger(value) && value >= low && value <= high) return;
  throw badOption(name, `a whole number from ${low} to ${high}`, String(value), 'Correct the value.');
}

function checkRegions({ plan, regions }: ResolvedOptions): void {
  if (regions !== undefined) return;
  const view = plan.views.find(({ crop }) => cropNeeds(crop).region);
  if (view === undefined && plan.scores === undefined) return;
  const why = view === undefined ? 'crops are scored by heat maps' : `view "${view.name}" crops by regions`;
  const expected = `a region store, because ${why}`;
  throw badOption('regions', expected, 'none', 'Pass the buffer of a RegionStore, or choose random-resized crops.');
}

function checkPairs({ plan, pairs }: ResolvedOptions): void {
  const view = plan.views.find(needsPair);
  if (view === undefined || pairs !== undefined) return;
  const expected = `a table of pairs, because view "${view.name}" is cut by them`;
  throw badOption('pairs', expected, 'none', 'Pass the buffer of a PairTable.');
}

/** Error unless every image that takes part has a pair. */
export function checkPairTable(
  { plan, pairs }: Pick<ResolvedOptions, 'plan' | 'pairs'>,
  length: number,
  indices: ArrayLike<number> | undefined,
): void {
  if (pairs === undefined || !plan.views.some(needsPair)) return;
  const table = PairTable.attach(pairs);
  if (table.images !== length) {
    const found = `${table.images} images`;
    throw badOption(
      'pairs',
      `a table for the ${length} images of the data set`,
      found,
      'Make the table for this data set.',
    );
  }
  for (let i = 0; i < (indices?.length ?? length); i++) {
    const index = indices?.[i] ?? i;
    if (table.groups(index) > 0) continue;
    throw badOption('pairs', 'a pair for every image', `none for image ${index}`, 'Leave such images out by indices.');
  }
}

function checkChoice(name: string, value: string, choices: readonly string[]): void {
  if (choices.includes(value)) return;
  throw badOption(name, `one of ${choices.join(', ')}`, JSON.stringify(value), 'Choose one of these.');
}

function badOption(where: string, expected: string, found: string, fix: string): SceneError {
  return new SceneError({ code: 'BAD_OPTION', where, expected, found, fix });
}

function withoutUndefined<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;
}
