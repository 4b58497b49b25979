import { type Framework, type FrameworkBatch, finishStep } from '@ssl-scene/frameworks';
import { jointNorm } from '@ssl-scene/nn';
import { type Tensor, type TensorDict, tf } from '@ssl-scene/tensors';
import { clipGradients } from './gradient-clipping.ts';
import type { Recipe } from './recipe.ts';
import type { StepInputs } from './step-inputs.ts';
import type { TrainState } from './train-state.ts';

/** What moving the parameters gives. */
export interface ParameterUpdate {
  readonly state: TrainState;
  /**
   * Scalars: `gradientNorm` (of all parameters together, before clipping), `parameterNorm` and `statisticsNorm` (of the new
   * parameters, and of the running statistics), and `predictorGradient` where there is a predictor: the smallest share of
   * the gradient's norm that one of its weights has.
   */
  readonly metrics: TensorDict;
}

/**
 * Moves the parameters along their gradients, then does what the framework does after a step. Call it inside `jit` or
 * `tf.tidy`.
 *
 * @param state the state before the step. @param buffers those that the forward pass left.
 */
export function updateParameters(
  { framework, optimiser, clipGradients: clipping }: Recipe,
  state: TrainState,
  grads: TensorDict,
  buffers: TensorDict,
  inputs: Pick<StepInputs, 'learningRate' | 'initialRate'>,
  batch: FrameworkBatch,
): ParameterUpdate {
  const gradientNorm = jointNorm(grads);
  const rates = learningRates(framework, inputs);
  const moved = optimiser.update(state.params, clipGradients(grads, clipping), state.optimiser, rates);
  const finished = finishStep(framework, { params: moved.params, buffers }, batch);
  return {
    state: { ...finished, optimiser: moved.state },
    metrics: {
      gradientNorm,
      parameterNorm: jointNorm(finished.params),
      statisticsNorm: jointNorm(vectorsOf(finished.buffers)),
      ...predictorGradient(framework, grads, gradientNorm),
    },
  };
}

function learningRates(
  { parameters, keepsInitialRate }: Framework,
  { learningRate, initialRate }: Pick<StepInputs, 'learningRate' | 'initialRate'>,
): Tensor | TensorDict {
  if (!keepsInitialRate) return learningRate;
  const entries = parameters.map(({ name }) => [name, keepsInitialRate(name) ? initialRate : learningRate]);
  return Object.fromEntries(entries);
}

/** Running statistics and the like; queues and copies of weights are made of what is watched already. */
function vectorsOf(buffers: TensorDict): TensorDict {
  const entries = Object.entries(buffers).filter(([, { rank, dtype }]) => rank === 1 && dtype === 'float32');
  return Object.fromEntries(entries);
}

function predictorGradient(framework: Framework, grads: TensorDict, gradientNorm: Tensor): TensorDict {
  const weights = predictorWeights(framework)
    .map((name) => grads[name])
    .filter((gradient) => gradient !== undefined);
  if (weights.length === 0) return {};
  const norms = weights.map((gradient) => jointNorm({ gradient }));
  const smallest = norms.reduce((least, next) => tf.minimum(least, next));
  return { predictorGradient: tf.div(smallest, tf.maximum(gradientNorm, 1e-30)) };
}

function predictorWeights({ parameters }: Pick<Framework, 'parameters'>): string[] {
  return parameters
    .filter(({ name, kind }) => name.startsWith('predictor.') && kind === 'linear-weight')
    .map(({ name }) => name);
}
