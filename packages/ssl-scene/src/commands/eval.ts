import { type DatasetSource, findDataset } from '@ssl-scene/datasets';
import { SceneError } from '@ssl-scene/errors';
import { initialise } from '@ssl-scene/nn';
import { disposeTree, useBackend } from '@ssl-scene/tensors';
import { loadRun } from '@ssl-scene/training';
import { z } from 'zod';
import { boxData } from '../box-data.ts';
import { evaluationSchema } from '../config/evaluation-schema.ts';
import { rgb, whole, wholeFromZero } from '../config/number-schema.ts';
import { checkAgainst, parseConfig } from '../config/parse-config.ts';
import { findRunData } from '../data.ts';
import {
  type Accuracies,
  type EvaluationSets,
  evaluationSettings,
  judge,
  judgedNetwork,
  openEvaluationSets,
  untrainedVariables,
} from '../evaluate.ts';
import type { EvaluationSettings, JudgedNetwork } from '../evaluation-set.ts';
import { importNetwork } from '../imported-network.ts';
import { loadData } from '../loading.ts';
import { type Output, textTable } from '../output.ts';
import { override } from '../override.ts';
import { makeEvaluatedFramework } from '../recipe.ts';
import { readRunFolder } from '../run-folder.ts';

export interface EvalCommandOptions {
  readonly data?: string;
  readonly on?: string;
  readonly set?: readonly string[];
  readonly json?: boolean;
  readonly weights?: string;
  readonly backbone?: string;
  readonly width?: string;
  readonly stem?: string;
  readonly prefix?: string;
}

/** What is judged: networks, and what on. */
interface Subject {
  /** Goes into the JSON before the results. */
  readonly description: Readonly<Record<string, unknown>>;
  readonly networks: readonly (readonly [name: string, network: JudgedNetwork])[];
  readonly settings: EvaluationSettings;
  readonly sets: readonly EvaluationSets[];
  dispose(): void;
}

/** Judges a run's newest checkpoint or a file of weights, beside the untrained network. */
export async function evalCommand(run: string | undefined, options: EvalCommandOptions, output: Output): Promise<void> {
  checkSubject(run, options);
  const subject = run === undefined ? await importedSubject(options) : await runSubject(run, options, output);
  const results: Accuracies[] = [];
  const { networks, sets, settings } = subject;
  for (const set of sets) {
    for (const [name, network] of networks) {
      output.log(`${name}, ${set.on}: features, neighbours, linear classifier`);
      results.push(await judge(name, network, set, settings, output.warn));
    }
  }
  subject.dispose();
  output.result(options.json ? JSON.stringify({ ...subject.description, results }) : tableOf(results));
}

async function runSubject(run: string, { data, on, set = [] }: EvalCommandOptions, output: Output): Promise<Subject> {
  checkAssignments(set, ['evaluation', 'data', 'loading']);
  const description = readRunFolder(run);
  const changed = withTarget([...set].reduce(override, description.config as unknown), on);
  const config = parseConfig(changed, `${run}/config.yaml with --set or --on`);
  await useBackend();
  const listener = { log: output.log, warn: output.warn };
  const read = await loadData(config, await findRunData(config, data ?? description.data), { listener });
  const found = read.data;
  const settings = evaluationSettings(config, read.loading);
  const sets = await openTargets(settings, found, await boxData(config, found));
  const loaded = await loadRun(run);
  const trained = loaded.variables(makeEvaluatedFramework(config));
  const untrained = untrainedVariables(config);
  return {
    description: { run, step: loaded.step },
    networks: [
      ['untrained', judgedNetwork(config, untrained)],
      [`step ${loaded.step}`, judgedNetwork(config, trained)],
    ],
    settings,
    sets,
    dispose: () => disposeTree([trained.params, trained.buffers, untrained.params, untrained.buffers]),
  };
}

/** Where there is no run that says it: how images come to the network. */
const importedSchema = z.strictObject({
  size: whole.default(224).describe('side to which images are resized'),
  normalise: z
    .strictObject({ mean: rgb, std: rgb })
    .default({ mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] })
    .describe('of pixels in [0, 1]; default: those of ImageNet'),
  workers: wholeFromZero.default(1),
  evaluation: evaluationSchema.prefault({}),
});

async function importedSubject(options: EvalCommandOptions): Promise<Subject> {
  const { weights, backbone, data, on, set = [], width, stem, prefix } = options;
  const changed = withTarget([...set].reduce(override, {} as unknown), on);
  const { evaluation, size, normalise, workers } = checkAgainst(importedSchema, changed, '--set or --on');
  const settings = { evaluation, size: evaluation.size ?? size, normalise, workers };
  const imported = {
    weights: weights!,
    backbone: backbone!,
    ...(width !== undefined && { width: widthOf(width) }),
    ...(stem !== undefined && { stem: stemOf(stem) }),
    ...(prefix !== undefined && { prefix }),
  };
  await useBackend();
  const part = (split: 'train' | 'test'): DatasetSource => findDataset(data!, { split });
  const found = { bank: part('train'), test: part('test') };
  const sets = await openTargets(settings, found, found);
  const network = importNetwork(imported);
  const untrained = initialise(network.backbone, 0);
  return {
    description: { weights, backbone },
    networks: [
      ['untrained', { backbone: network.backbone, variables: untrained }],
      [network.backbone.name, network],
    ],
    settings,
    sets,
    dispose: () => {
      const { variables } = network;
      disposeTree([variables.params, variables.buffers, untrained.params, untrained.buffers]);
    },
  };
}

type Parts = Parameters<typeof openEvaluationSets>[1];

function openTargets(settings: EvaluationSettings, images: Parts, objects: Parts): Promise<EvaluationSets[]> {
  const targets = [settings.evaluation.on].flat();
  return Promise.all(targets.map((on) => openEvaluationSets(on, on === 'images' ? images : objects, settings)));
}

/** `--on boxes,crops` is short for `--set evaluation.on=[boxes, crops]`. */
function withTarget(config: unknown, on: string | undefined): unknown {
  return on === undefined ? config : override(config, `evaluation.on=[${on}]`);
}

function checkSubject(run: string | undefined, { weights, backbone, data }: EvalCommandOptions): void {
  if ((run === undefined) === (weights === undefined)) {
    throw badOption('a run folder, or --weights', run === undefined ? 'neither' : 'both', 'ssl-scene eval');
  }
  if (run !== undefined) return;
  for (const [name, value] of Object.entries({ '--backbone': backbone, '--data': data })) {
    if (value === undefined) throw badOption('beside --weights, --backbone and --data', 'none given', name);
  }
}

/** What has no effect here is not taken. */
function checkAssignments(assignments: readonly string[], sections: readonly string[]): void {
  const stray = assignments.find(
    (assignment) => !sections.some((section) => assignment.trim().startsWith(`${section}.`)),
  );
  if (stray === undefined) return;
  throw badOption(`a value of ${sections.join(' or ')}; a run's other settings are done`, stray, '--set');
}

function widthOf(text: string): number {
  const width = Number(text);
  if (Number.isInteger(width) && width > 0) return width;
  throw badOption('a whole number of channels', text, '--width');
}

function stemOf(text: string): 'imagenet' | 'small' {
  if (text === 'imagenet' || text === 'small') return text;
  throw badOption('imagenet or small', text, '--stem');
}

function badOption(expected: string, found: string, where: string): SceneError {
  return new SceneError({ code: 'OPTION', expected, found, where, fix: 'See ssl-scene eval --help.' });
}

function tableOf(results: readonly Accuracies[]): string {
  const ks = results[0]!.knnByK.length;
  const headings = [
    'network',
    'on',
    'measure',
    'chance %',
    ...Array.from({ length: ks }, (_, i) => knnHeading(results, i)),
  ];
  return textTable(
    [...headings, 'linear %', 'RankMe', 'uniformity', 'deviation'],
    results.map((result) => [
      result.network,
      result.on,
      result.metric,
      result.chance.toFixed(2),
      ...result.knnByK.map(({ knn }) => knn.toFixed(2)),
      result.linear.toFixed(2),
      `${result.rankMe.toFixed(1)} of ${result.dimension}`,
      result.uniformity.toFixed(2),
      result.featureStd.toFixed(3),
    ]),
  );
}

/** A small bank may have lowered k in one table row and not in another. */
function knnHeading(results: readonly Accuracies[], place: number): string {
  const ks = [...new Set(results.map(({ knnByK }) => knnByK[place]!.k))];
  return `kNN % (k ${ks.join(', ')})`;
}
