import { type DatasetSource, openDataset } from '@ssl-scene/datasets';
import { linearProbe, weightedKnn } from '@ssl-scene/evaluators';
import { evaluatedVariables } from '@ssl-scene/frameworks';
import type { Variables } from '@ssl-scene/nn';
import { type EvaluatedNetwork, type EvaluationOptions, extractFeatures } from '@ssl-scene/training';
import type { Config } from './config/config.ts';
import type { RunData } from './data.ts';
import { makeFramework } from './recipe.ts';

/** Accuracies of one network's frozen features, in percent. */
export interface Accuracies {
  readonly network: string;
  readonly knn: number;
  readonly linear: number;
}

/** Frozen features of a labelled data set. */
interface LabelledFeatures {
  readonly features: Float32Array;
  readonly labels: Int32Array;
  readonly dimension: number;
}

/**
 * kNN and linear accuracy of the backbone's features: neighbours and classifier come from `data.bank`, tests from
 * `data.test`. Whole images are resized to the views' size.
 */
export async function evaluateNetwork(
  network: string,
  variables: Variables,
  config: Config,
  data: RunData,
  onWarning: (text: string) => void,
): Promise<Accuracies> {
  const framework = makeFramework(config);
  const measured = { backbone: framework.backbone, variables: evaluatedVariables(framework, variables) };
  const bank = await labelledFeatures(measured, config, data.bank);
  const test = await labelledFeatures(measured, config, data.test);
  const classes = await classCount(data.test);
  const knn = nearestNeighbours(bank, test, classes, config);
  const linear = linearProbe({
    train: bank.features,
    trainLabels: bank.labels,
    test: test.features,
    testLabels: test.labels,
    dimension: bank.dimension,
    classes,
    standardise: true,
    maxIterations: config.evaluation.linearIterations,
  });
  for (const warning of [...knn.warnings, ...linear.warnings]) onWarning(`${network}: ${warning}`);
  return { network, knn: 100 * knn.accuracy, linear: 100 * linear.accuracy };
}

/** What a run measures between epochs: kNN accuracy in percent, as {@link evaluateNetwork} does. */
export function evaluationInTraining(config: Config, data: RunData): EvaluationOptions {
  return {
    everyEpochs: config.evaluation.everyEpochs,
    run: async (network) => {
      const bank = await labelledFeatures(network, config, data.bank);
      const test = await labelledFeatures(network, config, data.test);
      return { knn: 100 * nearestNeighbours(bank, test, await classCount(data.test), config).accuracy };
    },
  };
}

function nearestNeighbours(
  bank: LabelledFeatures,
  test: LabelledFeatures,
  classes: number,
  { evaluation }: Config,
): ReturnType<typeof weightedKnn> {
  const { neighbours, temperature, knnTestImages } = evaluation;
  const queries = Math.min(knnTestImages ?? test.labels.length, test.labels.length);
  return weightedKnn({
    bank: bank.features,
    bankLabels: bank.labels,
    queries: test.features.subarray(0, queries * bank.dimension),
    queryLabels: test.labels.subarray(0, queries),
    dimension: bank.dimension,
    classes,
    k: neighbours,
    temperature,
  });
}

/** The network as it was before training, for comparison: variables of a fresh one with the run's seed. */
export function untrainedVariables(config: Config): Variables {
  return makeFramework(config).initialise(config.training.seed);
}

async function labelledFeatures(
  { backbone, variables }: Pick<EvaluatedNetwork, 'backbone' | 'variables'>,
  config: Config,
  source: DatasetSource,
): Promise<LabelledFeatures> {
  const { features, indices, dimension } = await extractFeatures({
    backbone,
    variables,
    source,
    size: config.views.size,
    normalise: config.normalise,
    workers: config.training.workers,
  });
  const dataset = await openDataset(source);
  const labels = Int32Array.from(indices, (index) => dataset.label(index));
  dataset.close?.();
  return { features, labels, dimension };
}

async function classCount(source: DatasetSource): Promise<number> {
  const dataset = await openDataset(source);
  const { classNames, length } = dataset;
  let count = classNames?.length ?? 0;
  if (count === 0) for (let index = 0; index < length; index++) count = Math.max(count, dataset.label(index) + 1);
  dataset.close?.();
  return count;
}
