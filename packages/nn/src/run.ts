import { type Tensor, type TensorDict, tf } from '@ssl-scene/tensors';
import type { Context, Module, Variables } from './module.ts';

export interface RunOptions {
  /** See `Context.training`. */
  readonly training: boolean;
}

/** What {@link run} gives. */
export interface RunResult<Output> {
  readonly output: Output;
  /** All buffers; those that the pass changed have their new values. */
  readonly buffers: TensorDict;
}

/** One forward pass. Intermediate tensors are left behind as by `apply`: call it inside `jit` or `tf.tidy`. */
export function run<Input, Output>(
  module: Module<Input, Output>,
  variables: Variables,
  input: Input,
  { training }: RunOptions,
): RunResult<Output> {
  const context: Context = { training, updates: {} };
  const output = module.apply(variables, input, context);
  return { output, buffers: { ...variables.buffers, ...context.updates } };
}

/** A forward pass in evaluation mode that frees everything but its output. */
export function evaluate(module: Module, variables: Variables, input: Tensor): Tensor {
  return tf.tidy(() => module.apply(variables, input, { training: false, updates: {} }));
}
