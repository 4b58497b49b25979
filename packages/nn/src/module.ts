import { closest, SceneError } from '@ssl-scene/errors';
import type { RandomStream } from '@ssl-scene/random';
import type { Tensor, TensorDict } from '@ssl-scene/tensors';

/** What a parameter is for; optimisers decide by it, not by the name, what to leave out of weight decay. */
export type ParameterKind = 'conv-weight' | 'linear-weight' | 'bias' | 'norm-scale' | 'norm-offset';

/** A learned tensor. */
export interface ParameterSpec {
  /** PyTorch's name, for example `layer1.0.conv1.weight`. */
  readonly name: string;
  /** In memory: filters are (height, width, in / groups, out), weights of linear layers (in, out). */
  readonly shape: readonly number[];
  readonly kind: ParameterKind;
  /** Values for a fresh network, in the order of the shape in memory. */
  initialise(random: RandomStream, shape: readonly number[]): Float32Array;
}

/** A tensor that is kept but not learned, such as a running mean. */
export interface BufferSpec {
  readonly name: string;
  readonly shape: readonly number[];
  /** Every element's value in a fresh network. */
  readonly value: number;
  readonly dtype: 'float32' | 'int32';
}

/** All tensors of a network, by name. */
export interface Variables {
  readonly params: TensorDict;
  readonly buffers: TensorDict;
}

/** What a forward pass is told, and where it leaves new buffer values. */
export interface Context {
  /** Batch statistics are used and running statistics moved in training; running statistics are used otherwise. */
  readonly training: boolean;
  /** New values of buffers by name. A module that is applied twice goes on from what the first time left here. */
  readonly updates: Record<string, Tensor>;
  /**
   * In training, every batch norm takes its statistics from this many groups of neighbouring images, each for itself, as
   * if on so many devices; running statistics move by the mean of the groups'. Default: the layer's own `splits`.
   */
  readonly normGroups?: number;
}

/**
 * A layer or network as a description without tensors: what it needs, and a pure forward pass over dictionaries. Call
 * `apply` inside `jit` or `tf.tidy`: it leaves intermediate tensors behind.
 */
export interface Module<Input = Tensor, Output = Tensor> {
  readonly parameters: readonly ParameterSpec[];
  readonly buffers: readonly BufferSpec[];
  apply(variables: Variables, input: Input, context: Context): Output;
}

/** What of a module describes its tensors. */
export type Specs = Pick<Module, 'parameters' | 'buffers'>;

/** The parameter of that name. @throws SceneError where there is none. */
export function parameter(variables: Variables, name: string): Tensor {
  return variables.params[name] ?? absent('parameter', name, variables.params);
}

/** The newest value of the buffer of that name. @throws SceneError where there is none. */
export function buffer(variables: Variables, name: string, context: Context): Tensor {
  return context.updates[name] ?? variables.buffers[name] ?? absent('buffer', name, variables.buffers);
}

function absent(what: string, name: string, among: TensorDict): never {
  const near = closest(name, Object.keys(among));
  throw new SceneError({
    code: 'VARIABLE_ABSENT',
    expected: `a ${what} ${JSON.stringify(name)}`,
    found: near === undefined ? `none among ${Object.keys(among).length}` : `only ${JSON.stringify(near)}`,
    where: 'the forward pass',
    fix: 'Pass all variables that `initialise` or `loadVariables` gave for this module, prefix included.',
  });
}
