import type { Context, Variables } from '@ssl-scene/nn';
import { type Tensor, type TensorDict, valueAndGrad } from '@ssl-scene/tensors';
import type { Framework, Prepared } from './framework.ts';
import { checkBatch, type FrameworkBatch } from './pair.ts';

/** Loss, gradients and new buffers of one batch. */
export interface Differentiated {
  readonly loss: Tensor;
  readonly perSample: Tensor;
  readonly metrics: TensorDict;
  /** By parameter name; parameters that the loss does not reach, or that rest in this phase, are absent. */
  readonly grads: Readonly<Record<string, Tensor>>;
  /** Names of the parameters that the loss does not reach. */
  readonly unreached: readonly string[];
  /** All buffers, those that changed with their new values. */
  readonly buffers: TensorDict;
}

const NOTHING: Prepared = { tensors: {}, updates: {} };

/**
 * Runs a framework's forward and backward pass in training mode. Call it inside `jit` or `tf.tidy`: it leaves
 * intermediate tensors behind.
 */
export function differentiate(framework: Framework, variables: Variables, batch: FrameworkBatch): Differentiated {
  checkBatch(batch);
  const prepared = framework.prepare?.(variables, batch) ?? NOTHING;
  const buffers = { ...variables.buffers, ...prepared.updates };
  const { loss, aux, grads, unreached } = valueAndGrad((params) => {
    const context: Context = { training: true, updates: {} };
    const { loss, perSample, metrics } = framework.objective({ params, buffers }, batch, prepared, context);
    return { loss, aux: { perSample, metrics, updates: context.updates } };
  }, variables.params);
  const frozen = new Set(batch.phase?.frozen);
  return {
    loss,
    perSample: aux.perSample,
    metrics: aux.metrics,
    grads: Object.fromEntries(Object.entries(grads).filter(([name]) => !frozen.has(name))),
    unreached,
    buffers: { ...buffers, ...aux.updates },
  };
}
