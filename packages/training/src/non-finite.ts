import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SceneError } from '@ssl-scene/errors';
import { backboneVariables, differentiate, type Framework, type PairSpec } from '@ssl-scene/frameworks';
import { type Tensor, type TensorDict, tf } from '@ssl-scene/tensors';
import type { TrainState } from './train-state.ts';
import type { StepInputs } from './train-step.ts';

/**
 * Name of the first tensor of a step, in the order of computation, that holds a NaN or an infinity: a view, a parameter,
 * a buffer, a stage of the backbone, the loss, a gradient. `undefined` where there is none. Runs the step again, eagerly.
 */
export function firstNonFinite(
  framework: Framework,
  pairs: readonly PairSpec[],
  state: TrainState,
  inputs: StepInputs,
): string | undefined {
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
  yield* named('view', inputs.views);
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
  const batch = { views: inputs.views, pairs, inputs: inputs.framework };
  const { loss, perSample, grads } = differentiate(framework, state, batch);
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

/** Which batch made a run stop. */
export interface BatchRecord {
  readonly epoch: number;
  readonly step: number;
  /** Indices of its images. */
  readonly indices: readonly number[];
}

/** The error that ends a run whose numbers are no numbers any more; lists the batch in `non-finite.json` of the run. */
export function nonFiniteError(
  loss: number,
  first: string | undefined,
  batch: BatchRecord,
  outDir: string | undefined,
): SceneError {
  const path = outDir === undefined ? undefined : join(outDir, 'non-finite.json');
  if (path) writeFileSync(path, `${JSON.stringify({ ...batch, loss: String(loss), first: first ?? null })}\n`);
  const where = path ? `the batch is listed in ${path}` : `images ${batch.indices.slice(0, 8).join(', ')} …`;
  return new SceneError({
    code: 'NON_FINITE',
    expected: 'a finite loss and finite gradients',
    found: `loss ${loss}; the first tensor that is not finite: ${first ?? 'none when the step was repeated eagerly'}`,
    where: `epoch ${batch.epoch + 1}, step ${batch.step + 1}; ${where}`,
    fix: 'Lower the learning rate or warm it up longer, and check temperature and images. Earlier checkpoints are untouched.',
  });
}
