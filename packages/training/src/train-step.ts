import { differentiate } from '@ssl-scene/frameworks';
import type { Variables } from '@ssl-scene/nn';
import { type Jitted, jit, type TensorDict } from '@ssl-scene/tensors';
import { updateParameters } from './parameter-update.ts';
import type { Recipe } from './recipe.ts';
import { frameworkBatch, type StepInputs } from './step-inputs.ts';
import { maskStep } from './step-masking.ts';
import type { TrainState } from './train-state.ts';

/** What a step gives. */
export interface StepOutput {
  /** The next state, in tensors of its own. */
  readonly state: TrainState;
  /** Scalars: `loss`, those of `ParameterUpdate`, and what the framework adds. */
  readonly metrics: TensorDict;
  /** Names of parameters that the loss does not reach; they are left alone. */
  readonly unreached: readonly string[];
}

/**
 * A training step: a pure function, run as one graph where the native backend is current. `network` holds the variables of the
 * frozen network that tells masks what is salient, where the recipe has one.
 */
export type TrainStep = ((state: TrainState, inputs: StepInputs, network?: Variables) => StepOutput) & Jitted;

/** Makes the step of a recipe. `dispose` frees its graphs. */
export function trainStep(recipe: Recipe): TrainStep {
  const { framework, pairs, precision = 'float32' } = recipe;
  const step = (state: TrainState, inputs: StepInputs, network?: Variables): StepOutput => {
    const masked = maskStep(recipe, state, inputs, network);
    const batch = frameworkBatch(pairs, masked.inputs);
    const { loss, metrics, grads, unreached, buffers } = differentiate(framework, state, batch);
    const update = updateParameters(recipe, state, grads, buffers, inputs, batch);
    return {
      state: update.state,
      metrics: { loss, ...update.metrics, ...metrics, ...masked.metrics },
      unreached: [...unreached],
    };
  };
  return jit(step, { name: `${framework.name} step`, precision }) as TrainStep;
}
