import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SceneError } from '@ssl-scene/errors';
import { backboneVariables, differentiate, type Framework, type PairSpec } from '@ssl-scene/frameworks';
import { type Tensor, type TensorDict, tf } from '@ssl-scene/tensors';
import { frameworkBatch, type StepInputs } from './step-inputs.ts';
import type { TrainState } from './train-state.ts';

/**
 * Name of the first tensor of a step, in the order of computation, that holds a NaN or an infinity: a view (with the rows of
 * the images), a parameter, a buffer, a stage of the backbone, the loss, a gradient. `undefined` where there is none. Runs
 * the step again, eagerly.
 */
export function firstNonFinite(
  framework: Framework,
  pairs: readonly PairSpec[],
  state: TrainState,
  inputs: StepInputs,
): string | undefined {
  const view = firstNonFiniteView(inputs.views);
  if (view !== undefined) return view;
  return tf.tidy(() => {
    for (const [name, tensor] of candidates(framework, pairs, state, inputs)) if (!isAllFinite(tensor)) return name;
    return undefined;
  }) as unknown as string | undefined;
}

function* candidates(
  framework: Framework,
  pairs: readonly PairSpec[],
  state: TrainState,
  inputs: StepInputs,
): Generator<readonly [string, Tensor]> {
  yield* named('input', inputs.framework);
  yield* named('parameter', state.params);
  yield* named('buffer', state.buffers);
  yield* named('optimiser state', state.optimiser);
  for (const [view, images] of Object.entries(inputs.views)) {
    const { backbone } = framework;
    const context = { training: true, updates: {} };
    const { taps, pooled } = backbone.features(backboneVariables(state), images, context, backbone.stages);
    yield* named(`view ${view}, backbone stage`, taps);
    yield [`view ${view}, backbone features`, pooled];
  }
  const { loss, perSample, grads } = differentiate(framework, state, frameworkBatch(pairs, inputs));
  yield ['loss per image', perSample];
  yield ['loss', loss];
  yield* named('gradient of', grads);
}

function* named(what: string, tensors: TensorDict): Generator<readonly [string, Tensor]> {
  for (const [name, tensor] of Object.entries(tensors)) yield [`${what} ${name}`, tensor];
}

function isAllFinite(tensor: Tensor): boolean {
  if (tensor.dtype !== 'float32') return true;
  return tensor.dataSync<'float32'>().every(Number.isFinite);
}

function firstNonFiniteView(views: TensorDict): string | undefined {
  for (const [name, view] of Object.entries(views)) {
    const images = tf.tidy(() => tf.sum(tf.reshape(view, [view.shape[0]!, -1]), 1).dataSync<'float32'>());
    const rows = [...images.keys()].filter((row) => !Number.isFinite(images[row]));
    if (rows.length > 0) return `view ${name}, ${rows.length === 1 ? 'row' : 'rows'} ${rows.join(', ')}`;
  }
  return undefined;
}

/** A step that left the state as it was, because a number of it was no number. */
export interface SkippedStep {
  /** From 0. */
  readonly epoch: number;
  /** From 0, over the whole run. */
  readonly step: number;
  readonly loss: number;
  /** Indices of its images. */
  readonly indices: readonly number[];
  /** First tensor that is not finite; looked for in the first of several steps in a row only. */
  readonly first?: string;
}

/** The sentence that tells of a skipped step. */
export function skipMessage({ step, loss, first }: SkippedStep): string {
  const where = first === undefined ? '' : `; the first tensor that is not finite: ${first}`;
  return (
    `Step ${step + 1} was skipped: its loss (${loss}), its gradient or the update is not finite${where}. ` +
    'Lower `learningRate` or set `clipGradients`.'
  );
}

/**
 * The error that ends a run in which too many steps in a row were skipped; the steps and their images are listed in
 * `non-finite.json` of the run.
 */
export function nonFiniteError(skipped: readonly SkippedStep[], outDir: string | undefined): SceneError {
  const last = skipped.at(-1)!;
  const first = skipped.find((step) => step.first !== undefined)?.first ?? 'none when the step was repeated eagerly';
  const where = listSteps(skipped, outDir) ?? `images ${last.indices.slice(0, 8).join(', ')} …`;
  return new SceneError({
    code: 'NON_FINITE',
    expected: 'finite losses, gradients and updates',
    found: `${skipped.length} steps in a row without; the first tensor that is not finite: ${first}`,
    where: `epoch ${last.epoch + 1}, step ${last.step + 1}; ${where}`,
    fix: 'Lower `learningRate` or warm it up longer, set `clipGradients`, and check the images. The state is that before these steps.',
  });
}

function listSteps(skipped: readonly SkippedStep[], outDir: string | undefined): string | undefined {
  if (outDir === undefined) return undefined;
  const path = join(outDir, 'non-finite.json');
  const listed = skipped.map((step) => ({ ...step, loss: String(step.loss) }));
  try {
    writeFileSync(path, `${JSON.stringify({ ...listed.at(-1)!, steps: listed }, null, 1)}\n`);
  } catch (error) {
    return `the batches could not be listed in ${path}: ${(error as Error).message}`;
  }
  return `the batches are listed in ${path}`;
}
