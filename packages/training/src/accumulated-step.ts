import { differentiate } from '@ssl-scene/frameworks';
import { accumulate, jointNorm, type Variables } from '@ssl-scene/nn';
import { jit, type Tensor, type TensorDict, tf } from '@ssl-scene/tensors';
import { updateParameters } from './parameter-update.ts';
import type { Recipe } from './recipe.ts';
import { frameworkBatch, type StepInputs } from './step-inputs.ts';
import { maskStep } from './step-masking.ts';
import type { TrainState } from './train-state.ts';
import type { StepOutput } from './train-step.ts';

/** What the batches of a step have added up to so far. */
export interface GradientSum {
  /** Sum over the images of the gradient of their batch's mean loss. Empty before the first batch. */
  readonly grads: TensorDict;
  /** Buffers after the last batch: running statistics and queues move with every batch. */
  readonly buffers: TensorDict;
}

/** What one batch adds. */
export interface BatchOutput {
  readonly sum: GradientSum;
  /** Scalars: `loss`, what the framework adds, and `gradientNorm`, that of the sum so far. */
  readonly metrics: TensorDict;
  readonly unreached: readonly string[];
}

/**
 * A step over several batches whose gradients are added up, for batches that would not fit at once. Every image counts the
 * same, also where batches have different sizes.
 *
 * It is not the step on one large batch: batch norm uses the statistics of each small batch, and its running statistics
 * move with each; a contrastive loss sees the negatives of its own small batch only; a queue takes in the keys of each.
 */
export interface AccumulatedStep {
  /** Adds a batch of `rows` images, a scalar; for `network` see `TrainStep`. */
  add(params: TensorDict, sum: GradientSum, inputs: StepInputs, rows: Tensor, network?: Variables): BatchOutput;
  /** Moves the parameters by the sum over `rows` images. */
  finish(state: TrainState, sum: GradientSum, inputs: Omit<StepInputs, 'views'>, rows: Tensor): StepOutput;
  /** Frees the graphs. */
  dispose(): void;
}

/** Makes the accumulated step of a recipe. */
export function accumulatedStep(recipe: Recipe): AccumulatedStep {
  const { framework, pairs, precision = 'float32' } = recipe;
  const add = jit(
    (params: TensorDict, sum: GradientSum, inputs: StepInputs, rows: Tensor, network?: Variables): BatchOutput => {
      const variables = { params, buffers: sum.buffers };
      const masked = maskStep(recipe, variables, inputs, network);
      const batch = frameworkBatch(pairs, masked.inputs);
      const { loss, metrics, grads, unreached, buffers } = differentiate(framework, variables, batch);
      const total = accumulate(sum.grads, grads, rows);
      return {
        sum: { grads: total, buffers },
        metrics: { loss, gradientNorm: jointNorm(total), ...metrics, ...masked.metrics },
        unreached: [...unreached],
      };
    },
    { name: `${framework.name} batch`, precision },
  );
  const finish = jit(
    (state: TrainState, sum: GradientSum, inputs: Omit<StepInputs, 'views'>, rows: Tensor): StepOutput => {
      const grads = Object.fromEntries(Object.entries(sum.grads).map(([name, part]) => [name, tf.div(part, rows)]));
      const batch = frameworkBatch(pairs, { ...inputs, views: {} });
      return { ...updateParameters(recipe, state, grads, sum.buffers, inputs, batch), unreached: [] };
    },
    { name: `${framework.name} update`, precision },
  );
  return {
    add,
    finish,
    dispose() {
      add.dispose();
      finish.dispose();
    },
  };
}
