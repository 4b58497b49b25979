import { openDataset } from '@ssl-scene/datasets';
import { SceneError } from '@ssl-scene/errors';
import { createTrainer, type Trainer, type TrainerHooks, type TrainerOptions } from '@ssl-scene/training';
import type { Config } from './config/config.ts';
import { findRunData } from './data.ts';
import { evaluationInTraining } from './evaluate.ts';
import { loadData } from './loading.ts';
import { makeMasking } from './masking.ts';
import type { PackListener } from './packed-file.ts';
import { makeFramework, makePairs, makeViewPlan } from './recipe.ts';
import { regionOptions } from './regions.ts';
import { weightingOptions } from './salient-views.ts';

export interface PretrainOptions {
  readonly config: Config;
  /** Folder of the images, for configurations that need one. */
  readonly data?: string;
  /** Folder of the run. */
  readonly out: string;
  readonly hooks?: TrainerHooks;
  /** Whether a packed file may be made, where the configuration asks for one. Default true. */
  readonly mayPack?: boolean;
  /** Hears how images are read. Default: nobody. */
  readonly listener?: PackListener;
  /** Default: progress on standard error. */
  readonly quiet?: boolean;
  /** How to go on after a stop, as the user would type it. */
  readonly resumeHint?: string;
}

/** Checks a configuration against its data and prepares the run; nothing is written yet. */
export async function preparePretraining(options: PretrainOptions): Promise<Trainer> {
  return createTrainer(await trainerOptions(options));
}

/** The options of `createTrainer` that a configuration stands for. Call it after `useBackend`. */
export async function trainerOptions(options: PretrainOptions): Promise<TrainerOptions> {
  const { config, data, out, hooks, quiet = false, resumeHint } = options;
  const { optimiser, schedule, training, normalise } = config;
  const regions = regionOptions(config);
  const weighting = weightingOptions(config);
  const found = await findRunData(config, data);
  await checkBatchSize(config, found.train);
  const masking = makeMasking(config);
  const { mayPack = true, listener } = options;
  const read = await loadData(config, found, { mayPack, ...(listener && { listener }) });
  const { learningRate, ...optimiserSpec } = optimiser;
  return {
    framework: makeFramework(config),
    plan: makeViewPlan(config),
    pairs: makePairs(config),
    source: read.data.train,
    loading: read.loading,
    onBadImage: config.loading.onBadImage,
    optimiser: optimiserSpec,
    learningRate,
    schedule,
    epochs: training.epochs,
    batchSize: training.batchSize,
    seed: training.seed,
    workers: training.workers,
    precision: training.precision,
    accumulate: training.accumulate,
    cacheMegabytes: training.cacheMegabytes,
    watch: { everySteps: training.watchEvery },
    tensorBoard: training.tensorBoard,
    normalise,
    outDir: out,
    checkpointEvery: { epochs: training.checkpointEvery },
    keepLast: training.keepLast,
    resolvedConfig: config,
    ...(training.clipGradients && { clipGradients: training.clipGradients }),
    ...(training.keepBest && { keepBest: training.keepBest }),
    ...(config.evaluation.everyEpochs > 0 && { evaluation: evaluationInTraining(config, read.data, read.loading) }),
    ...(regions && { regions }),
    ...(weighting && { weighting }),
    ...(masking && { masking }),
    ...(hooks && { hooks }),
    ...(quiet && { progress: false as const }),
    ...(resumeHint !== undefined && { resumeHint }),
  };
}

/** Said here, with the configuration's words, before anything is started. */
async function checkBatchSize({ training }: Config, source: TrainerOptions['source']): Promise<void> {
  const dataset = await openDataset(source);
  const { length, name } = dataset;
  dataset.close?.();
  if (training.batchSize <= length) return;
  throw new SceneError({
    code: 'BATCH_TOO_LARGE',
    expected: `a batch of at most ${length} images, all that ${name} has`,
    found: `${training.batchSize}`,
    where: 'training.batchSize',
    fix: `Lower it: --set training.batchSize=${2 ** Math.floor(Math.log2(Math.max(length, 2)))}`,
  });
}
