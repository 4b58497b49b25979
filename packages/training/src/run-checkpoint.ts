import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { SceneError } from '@ssl-scene/errors';
import type { Framework } from '@ssl-scene/frameworks';
import type { HighPassOptions } from '@ssl-scene/masking';
import {
  encodeOptimiserState,
  encodeVariables,
  loadVariables,
  restoreOptimiserState,
  type Specs,
  type Variables,
} from '@ssl-scene/nn';
import { encodeSafetensors } from '@ssl-scene/safetensors';
import {
  type CheckpointContent,
  type CheckpointFacts,
  checkpointPath,
  MANIFEST,
  readCheckpointFolder,
  readNewestCheckpoint,
} from './checkpoint-folder.ts';
import { checkInputFilter, inputFilterMetadata } from './evaluated-backbone.ts';
import type { BestCheckpoint } from './evaluation-options.ts';
import type { MetricSums } from './metric-means.ts';
import type { TrainState } from './train-state.ts';

/** The folder of a run's checkpoints inside the run's folder. */
export const CHECKPOINTS = 'checkpoints';

const MODEL = 'model.safetensors';
const OPTIMISER = 'optimiser.safetensors';
const REGIONS = 'regions.safetensors';

/** What a run's checkpoint says beside its tensors. */
export interface RunFacts extends CheckpointFacts {
  /** Whole epochs that are done. */
  readonly epoch: number;
  readonly stepsPerEpoch: number;
  readonly epochs: number;
  readonly seed: number;
  readonly batchSize: number;
  /** Batches per step. */
  readonly accumulate: number;
  /** Name and number of images of the data set. */
  readonly dataset: string;
  readonly images: number;
  readonly framework: string;
  readonly backend: string;
  readonly precision: string;
  /** Name of what masked the views; absent where nothing did. */
  readonly masking?: string;
  /** Through what filter the network saw all images, and must see them from now on; absent where through none. */
  readonly inputFilter?: HighPassOptions;
  /** Steps that were skipped for a gradient that was not finite. */
  readonly skippedSteps: number;
  /** Metrics of the steps of the current epoch. */
  readonly epochMetrics: MetricSums;
  /** The best checkpoint so far, where the run keeps it. */
  readonly best: BestCheckpoint | null;
  /** The run's resolved configuration, whatever its owner put there. */
  readonly config: unknown;
}

/**
 * The files of a checkpoint, tensors in PyTorch's layouts. Everything is copied, so the state may change afterwards.
 *
 * @param regions the bytes of what is known of each image, where the run keeps that.
 * @param inputFilter through what filter the network sees its images; stands in the model's metadata as `input_filter`.
 */
export async function encodeRun(
  framework: Framework,
  state: TrainState,
  regions: Uint8Array | undefined,
  inputFilter: HighPassOptions | undefined,
): Promise<Record<string, Uint8Array>> {
  const model = await encodeVariables(modelSpecs(framework), state);
  const optimiser = await encodeOptimiserState(state.optimiser, framework.parameters);
  const metadata = { format: 'pt' };
  return {
    [MODEL]: encodeSafetensors(model, {
      metadata: { ...metadata, ...inputFilterMetadata(inputFilter) },
    }),
    [OPTIMISER]: encodeSafetensors(optimiser, { metadata }),
    ...(regions && { [REGIONS]: regions }),
  };
}

/** The state that {@link encodeRun} stored, with the optimiser's tensors in the order of `template`. */
export function decodeState(framework: Framework, content: CheckpointContent, template: readonly string[]): TrainState {
  const { params, buffers } = decodeVariables(framework, fileOf(content, MODEL));
  const stored = restoreOptimiserState(fileOf(content, OPTIMISER), framework.parameters);
  const missing = template.filter((name) => !stored[name]);
  if (missing.length > 0 || Object.keys(stored).length !== template.length) {
    throw new SceneError({
      code: 'OPTIMISER_CHANGED',
      expected: `the optimiser's ${template.length} tensors`,
      found: `${Object.keys(stored).length}, ${missing.length} of them missing`,
      where: content.path,
      fix: 'Resume with the optimiser that the run was started with.',
    });
  }
  return { params, buffers, optimiser: Object.fromEntries(template.map((name) => [name, stored[name]!])) };
}

/** The stored regions, where there are any. */
export function regionsFile(content: CheckpointContent): Uint8Array | undefined {
  return content.files[REGIONS];
}

function decodeVariables(framework: Framework, model: Uint8Array): Variables {
  const { params, buffers } = loadVariables(modelSpecs(framework), model);
  const learned = framework.parameters.map(({ name }) => [name, params[name]!] as const);
  const unlearned = framework.unlearned.map(({ name }) => [name, params[name]!] as const);
  return { params: Object.fromEntries(learned), buffers: { ...Object.fromEntries(unlearned), ...buffers } };
}

function modelSpecs({ parameters, unlearned, buffers }: Framework): Specs {
  return { parameters: [...parameters, ...unlearned], buffers };
}

function fileOf({ path, files }: CheckpointContent, name: string): Uint8Array {
  const file = files[name];
  if (file) return file;
  throw new SceneError({
    code: 'CHECKPOINT_DAMAGED',
    expected: `a file ${name}`,
    found: Object.keys(files).join(', '),
    where: path,
    fix: 'Take an earlier checkpoint.',
  });
}

/** A run as it lies on disk. */
export interface LoadedRun {
  /** The checkpoint's folder. */
  readonly path: string;
  readonly facts: RunFacts;
  /** `facts.config`: the run's resolved configuration. */
  readonly config: unknown;
  /** Whole epochs and steps that are done. */
  readonly epoch: number;
  readonly step: number;
  /** The bytes of `model.safetensors`: all variables under PyTorch's names, for example `backbone.conv1.weight`. */
  readonly model: Uint8Array;
  /**
   * All variables of a framework with the run's options.
   *
   * @throws SceneError where the run's images were filtered and the framework's backbone takes them as they are, or the other
   * way round; see `highPassed`.
   */
  variables(framework: Framework): Variables;
}

/**
 * Reads a run's newest whole checkpoint.
 *
 * @param path a run's folder, its `checkpoints` folder, or one checkpoint.
 * @param onDamaged hears of damaged checkpoints that were passed over. Default: nothing.
 */
export async function loadRun(
  path: string,
  onDamaged: (error: SceneError) => void = () => undefined,
): Promise<LoadedRun> {
  return loadedRun(await readContent(path, onDamaged));
}

/**
 * Reads a run's best checkpoint, by the metric of the option `keepBest`.
 *
 * @param path a run's folder. @param onDamaged hears of damaged checkpoints that were passed over. Default: nothing.
 */
export async function loadBestRun(
  path: string,
  onDamaged: (error: SceneError) => void = () => undefined,
): Promise<LoadedRun> {
  const { best } = (await readContent(path, onDamaged)).facts as RunFacts;
  if (best) return loadedRun(await readCheckpointFolder(checkpointPath(join(path, CHECKPOINTS), best.step)));
  throw new SceneError({
    code: 'NO_BEST_CHECKPOINT',
    expected: 'a run with the option keepBest, and a value of its metric',
    found: 'a run without a best checkpoint',
    where: path,
    fix: 'Take the newest checkpoint (`loadRun`).',
  });
}

function loadedRun(content: CheckpointContent): LoadedRun {
  const facts = content.facts as RunFacts;
  const model = fileOf(content, MODEL);
  return {
    path: content.path,
    facts,
    config: facts.config,
    epoch: facts.epoch,
    step: facts.step,
    model,
    variables: (framework) => {
      checkInputFilter(facts.inputFilter, framework.backbone, content.path);
      return decodeVariables(framework, model);
    },
  };
}

async function readContent(path: string, onDamaged: (error: SceneError) => void): Promise<CheckpointContent> {
  if (existsSync(join(path, MANIFEST))) return readCheckpointFolder(path);
  const content =
    (await readNewestCheckpoint(join(path, CHECKPOINTS), onDamaged)) ?? (await readNewestCheckpoint(path, onDamaged));
  if (content) return content;
  throw new SceneError({
    code: 'NO_CHECKPOINT',
    expected: 'a run with a checkpoint',
    found: existsSync(path) ? 'a folder without one' : 'nothing',
    where: path,
    fix: 'Give the folder that a run was written to, or one of its checkpoints.',
  });
}
