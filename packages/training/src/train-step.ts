import { differentiate, type Framework, type PairSpec } from '@ssl-scene/frameworks';
import type { Optimiser } from '@ssl-scene/nn';
import { type Jitted, jit, type Tensor, type TensorDict, tf } from '@ssl-scene/tensors';
import type { TrainState } from './train-state.ts';

/** What a step is made of: a framework, what it is to pair, and how its parameters follow their gradients. */
export interface Recipe {
  readonly framework: Framework;
  readonly pairs: readonly PairSpec[];
  readonly optimiser: Optimiser;
  /** See `jit`. Default `float32`. */
  readonly precision?: 'float32' | 'bfloat16';
}

/** Everything that differs from step to step, as tensors. */
export interface StepInputs {
  /** Normalised views (N, height, width, 3) by name. */
  readonly views: TensorDict;
  /** What the framework asked for in `hostInputs`. */
  readonly framework: TensorDict;
  /** The schedule's learning rate, a scalar. */
  readonly learningRate: Tensor;
  /** The rate of parameters that keep the initial one, a scalar. */
  readonly initialRate: Tensor;
  /** How much a role's pairs count for each image, shape (N). A role that is absent counts 1. */
  readonly weights?: TensorDict;
}

/** What a step gives. */
export interface StepOutput {
  /** The next state, in tensors of its own. */
  readonly state: TrainState;
  /** Scalars: `loss`, `gradientNorm` (of all parameters together), and what the framework adds. */
  readonly metrics: TensorDict;
  /** Names of parameters that the loss does not reach; they are left alone. */
  readonly unreached: readonly string[];
}

/** A training step: a pure function, run as one graph where the native backend is current. */
export type TrainStep = ((state: TrainState, inputs: StepInputs) => StepOutput) & Jitted;

/** Makes the step of a recipe. `dispose` frees its graphs. */
export function trainStep(recipe: Recipe): TrainStep {
  const { framework, pairs, optimiser, precision = 'float32' } = recipe;
  const step = (state: TrainState, inputs: StepInputs): StepOutput => {
    const weighted = pairs.map((pair) => ({ ...pair, ...weightOf(inputs.weights, pair.role) }));
    const batch = { views: inputs.views, pairs: weighted, inputs: inputs.framework };
    const { loss, metrics, grads, unreached, buffers } = differentiate(framework, state, batch);
    const rates = learningRates(framework, inputs);
    const moved = optimiser.update(state.params, grads, state.optimiser, rates);
    const after = framework.afterUpdate?.({ params: moved.params, buffers }, batch) ?? {};
    return {
      state: { params: moved.params, buffers: { ...buffers, ...after }, optimiser: moved.state },
      metrics: { loss, gradientNorm: jointNorm(grads), ...metrics },
      unreached: [...unreached],
    };
  };
  return jit(step, { name: `${framework.name} step`, precision }) as TrainStep;
}

function weightOf(weights: TensorDict | undefined, role: string): { weight?: Tensor } {
  const weight = weights?.[role];
  return weight ? { weight } : {};
}

function learningRates(framework: Framework, { learningRate, initialRate }: StepInputs): Tensor | TensorDict {
  const { keepsInitialRate } = framework;
  if (!keepsInitialRate) return learningRate;
  const entries = framework.parameters.map(({ name }) => [name, keepsInitialRate(name) ? initialRate : learningRate]);
  return Object.fromEntries(entries);
}

function jointNorm(grads: TensorDict): Tensor {
  const squares = Object.values(grads).map((gradient) => tf.sum(tf.square(gradient)));
  return tf.sqrt(tf.addN(squares));
}
