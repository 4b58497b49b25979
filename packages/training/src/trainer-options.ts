import type { DatasetSource } from '@ssl-scene/datasets';
import { SceneError } from '@ssl-scene/errors';
import type { Framework, PairSpec } from '@ssl-scene/frameworks';
import type { BadImagePolicy, ViewPlan } from '@ssl-scene/views';
import type { EvaluationOptions, KeepBestOptions } from './evaluation-options.ts';
import { checkClipping, type GradientClipping } from './gradient-clipping.ts';
import type { ScheduleSpec } from './learning-rate.ts';
import type { LoadingOptions } from './loading-options.ts';
import { checkMasking, type MaskingOptions, type ResolvedMasking, resolveMasking } from './masking-options.ts';
import type { OptimiserSpec } from './optimiser-spec.ts';
import { checkPairWeighting, type PairWeightingOptions } from './pair-weighting.ts';
import type { ProgressStream } from './progress.ts';
import { checkRegionOptions, type RegionOptions } from './region-options.ts';
import type { TrainerHooks } from './trainer-hooks.ts';
import type { WatchOptions } from './watch-options.ts';

/** Channel means and deviations by which views are normalised. */
export interface Normalisation {
  readonly mean: readonly [number, number, number];
  readonly std: readonly [number, number, number];
}

/** Of ImageNet's pixels in [0, 1]; other photographs hardly differ. */
export const IMAGENET_NORMALISATION: Normalisation = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };

/** When checkpoints are written, besides the last one. */
export interface CheckpointInterval {
  /** After every so many epochs. Default 1; 0 for never. */
  readonly epochs?: number;
  /** After every so many steps of the run. Default 0: never. */
  readonly steps?: number;
}

export interface TrainerOptions {
  /** What is trained, and by which loss. */
  readonly framework: Framework;
  /** How views are made of images. */
  readonly plan: ViewPlan;
  /** Which views belong together. Default: the plan's first two, with role `global`. */
  readonly pairs?: readonly PairSpec[];
  /** The images. */
  readonly source: DatasetSource;
  readonly optimiser: OptimiserSpec;
  /** The rate that the schedule starts from. */
  readonly learningRate: number;
  readonly schedule: ScheduleSpec;
  readonly epochs: number;
  /** Images per batch. */
  readonly batchSize: number;
  /**
   * Batches per step, whose gradients are added up; see `AccumulatedStep` for how that differs from one large batch. An
   * epoch's last batches are left out where they do not fill a step. Default 1.
   */
  readonly accumulate?: number;
  /** Default: gradients are taken as they are. */
  readonly clipGradients?: GradientClipping;
  /** Decides initial values, order, crops and augmentations. */
  readonly seed: number;
  /** Threads that make views. Default: that of `createViewLoader`. The number does not change any result. */
  readonly workers?: number;
  /** Megabytes of shared memory for decoded images; see `createViewLoader`. Default 0. */
  readonly cacheMegabytes?: number;
  /** How images come from the disk, also when regions are refreshed. Default: that of `createViewLoader`. */
  readonly loading?: LoadingOptions;
  /** Default: that of `createViewLoader`, ImageNet's. */
  readonly normalise?: Normalisation;
  /** Default `float32`. */
  readonly precision?: 'float32' | 'bfloat16';
  /** What happens with an image that cannot be read. Default `skip`: its row is left out, and it is listed in the result. */
  readonly onBadImage?: BadImagePolicy;
  /** Boxes and heat maps of the images, for crops that look at them. Default: no regions. */
  readonly regions?: RegionOptions;
  /** Lets pairs of salient crops count more; needs regions with heat maps. Default: all pairs count alike. */
  readonly weighting?: PairWeightingOptions;
  /** Masks that hide parts of the views. Default: none. */
  readonly masking?: MaskingOptions;
  /** Signs of collapse and divergence that are looked for; `false` for none. Default: all of them. */
  readonly watch?: WatchOptions | false;
  /** Measures the network between epochs. Default: nothing does. */
  readonly evaluation?: EvaluationOptions;
  /** Folder of the run: `metrics.jsonl`, TensorBoard's events and `checkpoints/`. Default: nothing is written. */
  readonly outDir?: string;
  readonly checkpointEvery?: CheckpointInterval;
  /** How many of the newest checkpoints stay. Default 3. */
  readonly keepLast?: number;
  /** A checkpoint that stays whatever `keepLast` says; see `loadBestRun`. Default: none. */
  readonly keepBest?: KeepBestOptions;
  /**
   * Seconds for which the last checkpoint is tried again where it cannot be written, for example until there is room on
   * the disk. Ctrl-C ends the wait. Default 300.
   */
  readonly checkpointPatience?: number;
  /** A line of `metrics.jsonl`, and an event for TensorBoard, for every so many steps. Default 10. */
  readonly logEvery?: number;
  /** Whether TensorBoard's event files are written to the folder of the run. Default true. */
  readonly tensorBoard?: boolean;
  /** How many steps that are not finite may be skipped in a row before the run stops. Default 10. */
  readonly maxSkippedSteps?: number;
  /** Called as things happen. */
  readonly hooks?: TrainerHooks;
  /** Aborting it stops the run after the current step, with a checkpoint. */
  readonly signal?: AbortSignal;
  /** Whether Ctrl-C and SIGTERM do the same. Default true. */
  readonly handleSignals?: boolean;
  /** Where progress is shown; `false` for nowhere. Default `process.stderr`. */
  readonly progress?: ProgressStream | false;
  /** How to go on after a stop, for the message; for example a command line. Default `run({ resume: true })`. */
  readonly resumeHint?: string;
  /** Kept in every checkpoint as it is; must survive JSON. Default null. */
  readonly resolvedConfig?: unknown;
}

/** Options with their defaults. */
export type ResolvedTrainerOptions = Omit<TrainerOptions, 'masking'> &
  Required<
    Pick<
      TrainerOptions,
      | 'pairs'
      | 'precision'
      | 'onBadImage'
      | 'accumulate'
      | 'cacheMegabytes'
      | 'keepLast'
      | 'checkpointPatience'
      | 'logEvery'
      | 'tensorBoard'
      | 'maxSkippedSteps'
      | 'hooks'
      | 'handleSignals'
      | 'progress'
      | 'resumeHint'
    >
  > & { readonly checkpointEvery: Required<CheckpointInterval>; readonly masking?: ResolvedMasking };

/** Fills in defaults. @throws SceneError for a value that cannot work. */
export function resolveTrainerOptions(options: TrainerOptions): ResolvedTrainerOptions {
  const { checkpointEvery = {}, masking, weighting, ...rest } = options;
  const plan = weighting ? withScores(options.plan, weighting) : options.plan;
  const resolved: ResolvedTrainerOptions = {
    precision: 'float32',
    onBadImage: 'skip',
    accumulate: 1,
    cacheMegabytes: 0,
    keepLast: 3,
    checkpointPatience: 300,
    logEvery: 10,
    tensorBoard: true,
    maxSkippedSteps: 10,
    hooks: {},
    handleSignals: true,
    progress: process.stderr,
    resumeHint: 'run({ resume: true })',
    ...rest,
    plan,
    pairs: options.pairs ?? firstTwo(plan),
    ...(masking && { masking: resolveMasking(masking) }),
    ...(weighting && { weighting }),
    checkpointEvery: { epochs: 1, steps: 0, ...checkpointEvery },
  };
  checkWhole('epochs', resolved.epochs, 1);
  checkWhole('batchSize', resolved.batchSize, 2);
  checkWhole('accumulate', resolved.accumulate, 1);
  checkWhole('keepLast', resolved.keepLast, 1);
  checkWhole('maxSkippedSteps', resolved.maxSkippedSteps, 0);
  checkWhole('evaluation.everyEpochs', resolved.evaluation?.everyEpochs ?? 1, 1);
  if (resolved.watch) checkWhole('watch.everySteps', resolved.watch.everySteps ?? 0, 0);
  if (resolved.clipGradients) checkClipping(resolved.clipGradients);
  checkNumber('checkpointPatience', resolved.checkpointPatience);
  checkNormalisation(resolved.normalise);
  checkWhole('logEvery', resolved.logEvery, 1);
  checkWhole('checkpointEvery.epochs', resolved.checkpointEvery.epochs, 0);
  checkWhole('checkpointEvery.steps', resolved.checkpointEvery.steps, 0);
  checkNumber('learningRate', resolved.learningRate);
  checkPairs(resolved);
  if (resolved.regions) checkRegionOptions(resolved.regions, resolved.framework);
  if (weighting)
    checkPairWeighting(weighting, { pairs: resolved.pairs, heatMaps: resolved.regions?.heatMaps ?? false });
  if (resolved.masking) checkMasking(resolved.masking, resolved);
  return resolved;
}

/** The plan, which also scores its crops. */
function withScores(plan: ViewPlan, { grid }: PairWeightingOptions): ViewPlan {
  return { ...plan, scores: { ...(grid !== undefined && { grid }) } };
}

function firstTwo({ views }: ViewPlan): PairSpec[] {
  if (views.length >= 2) return [{ role: 'global', a: views[0]!.name, b: views[1]!.name }];
  throw badOption('plan', 'two views', String(views.length), 'Add a view, or give pairs.');
}

function checkPairs({ pairs, plan, masking }: ResolvedTrainerOptions): void {
  const known = [...new Set([...plan.views.map(({ name }) => name), ...Object.keys(masking?.masker.plan ?? {})])];
  for (const { a, b, hardNegative } of pairs) {
    for (const name of [a, b, hardNegative]) {
      if (name === undefined || known.includes(name)) continue;
      throw badOption(
        'pairs',
        `views of the plan${masking ? ' and of its masks' : ''}: ${known.join(', ')}`,
        JSON.stringify(name),
        'Name one of them.',
      );
    }
  }
}

function checkNormalisation({ mean, std }: Normalisation = IMAGENET_NORMALISATION): void {
  const isGood = mean.every(Number.isFinite) && std.every((value) => Number.isFinite(value) && value > 0);
  if (isGood) return;
  const found = `mean ${mean.join(', ')}, std ${std.join(', ')}`;
  throw badOption('normalise', 'finite means and deviations above 0', found, 'Correct the values.');
}

function checkNumber(name: string, value: number): void {
  if (Number.isFinite(value) && value >= 0) return;
  throw badOption(name, 'a number from 0', String(value), 'Correct the value.');
}

function checkWhole(name: string, value: number, low: number): void {
  if (Number.isSafeInteger(value) && value >= low) return;
  throw badOption(name, `a whole number from ${low}`, String(value), 'Correct the value.');
}

function badOption(where: string, expected: string, found: string, fix: string): SceneError {
  return new SceneError({ code: 'BAD_OPTION', where, expected, found, fix });
}
