import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { dirname, resolve } from 'node:path';
import { isSceneError } from '@ssl-scene/errors';
import { disposeTree, treeBytes } from '@ssl-scene/tensors';
import { budgetAdvice } from './budget-advice.ts';
import { buildOptimiser } from './optimiser-spec.ts';
import { peakMemory } from './peak-memory.ts';
import { changesInTraining, type RegionOptions } from './region-options.ts';
import { createTrainer } from './trainer.ts';
import type { TrainerOptions } from './trainer-options.ts';

export interface ProbeOptions {
  /** Steps that are taken, the first three of which are not timed. Default 10. */
  readonly steps?: number;
  /** Bytes of memory that the run may take. Default: nine tenths of what the system, or the container, has. */
  readonly memoryLimit?: number;
  /** Seconds that the run may take. Default: any time. */
  readonly timeLimit?: number;
}

/** What a run will need, as plain data. */
export interface Budget {
  /** Steps of the whole run, and of an epoch. */
  readonly steps: number;
  readonly stepsPerEpoch: number;
  readonly secondsPerStep: number;
  readonly imagesPerSecond: number;
  /** Share of the time that is spent waiting for data, 0 to 1. */
  readonly waitShare: number;
  /** Predicted duration of the run, without refreshes of regions and evaluations. */
  readonly seconds: number;
  /** Epochs that fit in `timeLimit`; absent without a limit. */
  readonly epochsInTime?: number;
  readonly memory: {
    /** Resident memory of this process at its highest. Memory of a graphics card is not in it. */
    readonly peakBytes: number;
    readonly limitBytes: number;
    /** What a further image in the batch adds; `undefined` where it cannot be told. */
    readonly bytesPerImage: number | undefined;
    /** Largest batch that would fit by this; `undefined` where it cannot be told. */
    readonly largestBatch: number | undefined;
  };
  /** Absent for runs that write nothing. */
  readonly disk?: {
    readonly checkpointBytes: number;
    /** All checkpoints that there will be at a time. */
    readonly neededBytes: number;
    readonly freeBytes: number;
  };
  /** Whether memory, time and disk suffice. */
  readonly fits: boolean;
  /** What to change, by the names of options; empty where everything fits and nothing waits. */
  readonly advice: readonly string[];
}

/** Steps before the loader's and the graph's first haste is over. */
const UNTIMED = 3;
const SMALL_STEPS = 2;
/** Batches below this are not halved for a second measurement. */
const LEAST_BATCH = 4;

/**
 * Takes a few steps of a run, writing nothing, and predicts the time, memory and disk that all of it will need. Two short
 * runs, one with half the batch, tell what an image costs.
 *
 * @param options those of the trainer. Hooks, `outDir` and the rest do not act, but `outDir` names the disk.
 */
export async function probeBudget(options: TrainerOptions, probe: ProbeOptions = {}): Promise<Budget> {
  const { steps: taken = 10, timeLimit } = probe;
  const half = Math.floor(options.batchSize / 2);
  const small = half >= LEAST_BATCH / 2 ? await smallPeak({ ...options, batchSize: half }) : undefined;
  const { peakBytes, seconds: secondsPerStep, steps, waitShare } = await measure(options, taken);
  const limitBytes = probe.memoryLimit ?? 0.9 * availableMemory();
  const added = small === undefined ? 0 : peakBytes - small;
  const bytesPerImage = added > 0 ? added / (options.batchSize - half) : undefined;
  const room = bytesPerImage === undefined ? undefined : Math.floor((limitBytes - peakBytes) / bytesPerImage);
  const seconds = steps * secondsPerStep;
  const disk = await diskNeeds(options);
  const found = {
    steps,
    stepsPerEpoch: steps / options.epochs,
    secondsPerStep,
    imagesPerSecond: (options.batchSize * (options.accumulate ?? 1)) / secondsPerStep,
    waitShare,
    seconds,
    ...(timeLimit !== undefined && { epochsInTime: Math.floor((timeLimit / seconds) * options.epochs) }),
    memory: {
      peakBytes,
      limitBytes,
      bytesPerImage,
      largestBatch: room === undefined ? undefined : Math.max(options.batchSize + room, 0),
    },
    ...(disk && { disk }),
    fits:
      peakBytes <= limitBytes &&
      (timeLimit === undefined || seconds <= timeLimit) &&
      (disk === undefined || disk.neededBytes <= disk.freeBytes),
  };
  return { ...found, advice: budgetAdvice(found, options) };
}

interface Measured {
  readonly peakBytes: number;
  /** Median of the timed steps. */
  readonly seconds: number;
  /** Steps of the whole run. */
  readonly steps: number;
  readonly waitShare: number;
}

/** Takes some steps of a run and stops it. */
async function measure(options: TrainerOptions, steps: number): Promise<Measured> {
  const { outDir: _, signal: __, evaluation: ___, keepBest: ____, regions, ...rest } = options;
  const stop = new AbortController();
  const times: number[] = [];
  let total = 0;
  const hooks = {
    onStep: ({ step, totalSteps }: { readonly step: number; readonly totalSteps: number }) => {
      times.push(performance.now());
      total = totalSteps;
      if (step === steps) stop.abort();
    },
  };
  peakMemory.restart();
  const watch = { everySteps: 0, images: false };
  const trainer = createTrainer({
    ...rest,
    ...(regions && { regions: withoutPass(regions, options.epochs) }),
    hooks,
    watch,
    signal: stop.signal,
    handleSignals: false,
    progress: false,
  });
  const { waitShare } = await trainer.run();
  const peakBytes = peakMemory.bytes();
  if (trainer.variables) disposeTree([trainer.variables.params, trainer.variables.buffers]);
  const lengths = times.slice(1).map((time, index) => (time - times[index]!) / 1000);
  return { peakBytes, seconds: median(lengths.slice(Math.min(UNTIMED, lengths.length - 1))), steps: total, waitShare };
}

/** Maps that are computed once before the first step are left out, as refreshes are: regions that are never used need none. */
function withoutPass(regions: RegionOptions, epochs: number): RegionOptions {
  return changesInTraining(regions) ? regions : { ...regions, warmup: epochs };
}

/** Peak of a run with a smaller batch; `undefined` where the framework cannot take it. */
async function smallPeak(options: TrainerOptions): Promise<number | undefined> {
  try {
    return (await measure(options, SMALL_STEPS)).peakBytes;
  } catch (error) {
    if (isSceneError(error)) return undefined;
    throw error;
  }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function availableMemory(): number {
  const constrained = process.constrainedMemory();
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
}

async function diskNeeds(options: TrainerOptions): Promise<Budget['disk']> {
  const { outDir, framework, optimiser, keepLast = 3, keepBest } = options;
  if (outDir === undefined) return undefined;
  const { params, buffers } = framework.initialise(options.seed);
  const state = { params, buffers, optimiser: buildOptimiser(optimiser, framework.parameters).init(params) };
  const checkpointBytes = treeBytes(state);
  disposeTree(state);
  const { bavail, bsize } = await statfs(existingFolder(outDir));
  // One more than stays: the new one is written before the oldest goes.
  const kept = keepLast + 1 + (keepBest ? 1 : 0);
  return { checkpointBytes, neededBytes: kept * checkpointBytes, freeBytes: bavail * bsize };
}

function existingFolder(path: string): string {
  let folder = resolve(path);
  while (!existsSync(folder)) folder = dirname(folder);
  return folder;
}
