import { evaluatedVariables } from '@ssl-scene/frameworks';
import type { Variables } from '@ssl-scene/nn';
import type { EvaluationOptions, LoadingOptions } from '@ssl-scene/training';
import { boxData } from './box-data.ts';
import type { Config } from './config/config.ts';
import type { EvaluationTarget } from './config/evaluation-schema.ts';
import type { RunData } from './data.ts';
import {
  type EvaluationSet,
  type EvaluationSettings,
  type JudgedNetwork,
  openEvaluationSet,
} from './evaluation-set.ts';
import {
  type KnnMeasures,
  type LabelFreeMeasures,
  type LinearMeasures,
  measureKnn,
  measureLinear,
  measureWithoutLabels,
} from './measure-features.ts';
import { makeEvaluatedFramework, makeFramework } from './recipe.ts';

/** How good one network's frozen features are; shares in percent. */
export interface Accuracies extends KnnMeasures, LinearMeasures, LabelFreeMeasures {
  readonly network: string;
  /** What was judged. */
  readonly on: EvaluationTarget;
}

/** Where neighbours and classifiers come from, and what they are tested on. */
export interface EvaluationSets {
  readonly on: EvaluationTarget;
  readonly bank: EvaluationSet;
  readonly test: EvaluationSet;
}

/** How a configuration judges networks. */
export function evaluationSettings(config: Config, loading: LoadingOptions = {}): EvaluationSettings {
  const { evaluation, views, normalise, training } = config;
  return { evaluation, normalise, size: evaluation.size ?? views.size, workers: training.workers, loading };
}

/** The sets of a configuration for each thing that its `evaluation.on` names. */
export async function openEvaluation(
  config: Config,
  data: RunData,
  loading: LoadingOptions = {},
): Promise<EvaluationSets[]> {
  const targets = [config.evaluation.on].flat();
  const settings = evaluationSettings(config, loading);
  return Promise.all(
    targets.map(async (on) => openEvaluationSets(on, on === 'images' ? data : await boxData(config, data), settings)),
  );
}

/** @throws SceneError where a set has no labels. */
export async function openEvaluationSets(
  on: EvaluationTarget,
  { bank, test }: Pick<RunData, 'bank' | 'test'>,
  settings: EvaluationSettings,
): Promise<EvaluationSets> {
  return { on, bank: await openEvaluationSet(bank, on, settings), test: await openEvaluationSet(test, on, settings) };
}

/** kNN and linear accuracy (of images that show several classes, mean average precision), and label-free measures. */
export async function judge(
  name: string,
  network: JudgedNetwork,
  { on, bank, test }: EvaluationSets,
  { evaluation }: EvaluationSettings,
  onWarning: (text: string) => void,
): Promise<Accuracies> {
  const warn = (text: string): void => onWarning(`${name}, ${on}: ${text}`);
  const known = await bank.features(network, warn);
  const asked = await test.features(network, warn);
  return {
    network: name,
    on,
    ...measureKnn(known, asked, evaluation, warn),
    ...measureLinear(known, asked, evaluation, warn),
    ...measureWithoutLabels(asked),
  };
}

/**
 * Judges the backbone of a run's framework: neighbours and classifier come from `data.bank`, tests from `data.test`. Whole
 * images are resized to the evaluation's size. Of several things that `evaluation.on` names, the first.
 */
export async function evaluateNetwork(
  network: string,
  variables: Variables,
  config: Config,
  data: RunData,
  onWarning: (text: string) => void,
): Promise<Accuracies> {
  const [sets] = await openEvaluation(config, data);
  return judge(network, judgedNetwork(config, variables), sets!, evaluationSettings(config), onWarning);
}

/** The network that a framework's paper evaluates, as it looks at images. */
export function judgedNetwork(config: Config, variables: Variables): JudgedNetwork {
  const framework = makeEvaluatedFramework(config);
  return { backbone: framework.backbone, variables: evaluatedVariables(framework, variables) };
}

/**
 * What a run measures between epochs: `knn` in percent on the first thing that `evaluation.on` names, as {@link judge} does,
 * and `knn-boxes` and so on for others.
 */
export function evaluationInTraining(config: Config, data: RunData, loading: LoadingOptions = {}): EvaluationOptions {
  let opened: Promise<EvaluationSets[]> | undefined;
  return {
    everyEpochs: config.evaluation.everyEpochs,
    run: async (network) => {
      opened ??= openEvaluation(config, data, loading);
      const measured: Record<string, number> = {};
      for (const [place, { on, bank, test }] of (await opened).entries()) {
        const [known, asked] = [await bank.features(network, ignore), await test.features(network, ignore)];
        const { knn } = measureKnn(known, asked, config.evaluation, ignore);
        measured[place === 0 ? 'knn' : `knn-${on}`] = knn;
      }
      return measured;
    },
  };
}

/** `eval` says at the end what would be said here each time. */
const ignore = (): void => {};

/** The network as it was before training, for comparison: variables of a fresh one with the run's seed. */
export function untrainedVariables(config: Config): Variables {
  return makeFramework(config).initialise(config.training.seed);
}
