import { cropNeeds } from '@ssl-scene/cropping';
import { openDataset } from '@ssl-scene/datasets';
import { SceneError } from '@ssl-scene/errors';
import { createTrainer, type Trainer, type TrainerHooks, type TrainerOptions } from '@ssl-scene/training';
import type { Config } from './config/config.ts';
import { findRunData } from './data.ts';
import { evaluationInTraining } from './evaluate.ts';
import { makeFramework, makePairs, makeViewPlan } from './recipe.ts';

export interface PretrainOptions {
  readonly config: Config;
  /** Folder of the images, for configurations that need one. */
  readonly data?: string;
  /** Folder of the run. */
  readonly out: string;
  readonly hooks?: TrainerHooks;
  /** Default: progress on standard error. */
  readonly quiet?: boolean;
  /** How to go on after a stop, as the user would type it. */
  readonly resumeHint?: string;
}

/** Checks a configuration against its data and prepares the run; nothing is written yet. */
export async function preparePretraining(options: PretrainOptions): Promise<Trainer> {
  checkLearnsFromRegions(options.config);
  return createTrainer(await trainerOptions(options));
}

/** The options of `createTrainer` that a configuration stands for. */
export async function trainerOptions(options: PretrainOptions): Promise<TrainerOptions> {
  const { config, data, out, hooks, quiet = false, resumeHint } = options;
  const { optimiser, schedule, training, normalise, regions } = config;
  const found = await findRunData(config, data);
  await checkBatchSize(config, found.train);
  const { learningRate, ...optimiserSpec } = optimiser;
  return {
    framework: makeFramework(config),
    plan: makeViewPlan(config),
    pairs: makePairs(config),
    source: found.train,
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
    ...(config.evaluation.everyEpochs > 0 && { evaluation: evaluationInTraining(config, found) }),
    ...(regions && { regions }),
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

function checkLearnsFromRegions({ views, regions }: Config): void {
  const needs = cropNeeds(views.crop);
  if (needs.region && !regions) {
    throw new SceneError({
      code: 'REGIONS_MISSING',
      expected: 'a section regions, which says when heat-map boxes are refreshed',
      found: `none beside crops of kind ${views.crop.kind}`,
      where: 'regions',
      fix: 'Add for example regions: { size: 32, warmup: 4, interval: 4 }.',
    });
  }
  if (needs.heatMap && !regions!.heatMaps) {
    throw new SceneError({
      code: 'HEAT_MAPS_MISSING',
      expected: 'heat maps kept beside the boxes',
      found: `regions.heatMaps false with crops of kind ${views.crop.kind}`,
      where: 'regions.heatMaps',
      fix: 'Set it: --set regions.heatMaps=true',
    });
  }
}
