import { type DatasetSource, openDataset } from '@ssl-scene/datasets';
import { linearProbe, weightedKnn } from '@ssl-scene/evaluators';
import { backboneVariables, type Framework } from '@ssl-scene/frameworks';
import type { Variables } from '@ssl-scene/nn';
import { extractFeatures } from '@ssl-scene/training';
import type { Config } from './config.ts';
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
  const bank = await labelledFeatures(framework, variables, config, data.bank);
  const test = await labelledFeatures(framework, variables, config, data.test);
  const { neighbours, temperature, knnTestImages, linearIterations } = config.evaluation;
  const { dimension } = bank;
  const classes = await classCount(data.test);
  const knnQueries = Math.min(knnTestImages ?? test.labels.length, test.labels.length);
  const knn = weightedKnn({
    bank: bank.features,
    bankLabels: bank.labels,
    queries: test.features.subarray(0, knnQueries * dimension),
    queryLabels: test.labels.subarray(0, knnQueries),
    dimension,
    classes,
    k: neighbours,
    temperature,
  });
  const linear = linearProbe({
    train: bank.features,
    trainLabels: bank.labels,
    test: test.features,
    testLabels: test.labels,
    dimension,
    classes,
    standardise: true,
    maxIterations: linearIterations,
  });
  for (const warning of [...knn.warnings, ...linear.warnings]) onWarning(`${network}: ${warning}`);
  return { network, knn: 100 * knn.accuracy, linear: 100 * linear.accuracy };
}

/** The network as it was before training, for comparison: variables of a fresh one with the run's seed. */
export function untrainedVariables(config: Config): Variables {
  return makeFramework(config).initialise(config.training.seed);
}

async function labelledFeatures(
  framework: Framework,
  variables: Variables,
  config: Config,
  source: DatasetSource,
): Promise<LabelledFeatures> {
  const { features, indices, dimension } = await extractFeatures({
    backbone: framework.backbone,
    variables: backboneVariables(variables),
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
