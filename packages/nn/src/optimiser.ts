import { closest, SceneError } from '@ssl-scene/errors';
import { type Tensor, type TensorDict, tf } from '@ssl-scene/tensors';
import type { ParameterSpec } from './module.ts';

/** One rate for all parameters, or one per parameter name. Scalars of shape [], so that a recorded step can vary them. */
export type LearningRate = Tensor | TensorDict;

/** What {@link Optimiser.update} gives. */
export interface OptimiserResult {
  /** All parameters in their old order; the skipped ones are the very tensors that were passed in. */
  readonly params: Record<string, Tensor>;
  /** All of the state in its old order; that of skipped parameters is handed through. */
  readonly state: Record<string, Tensor>;
  /** Names of the parameters without a gradient: neither moved nor decayed, and their momentum stays. */
  readonly skipped: readonly string[];
}

/** How parameters follow their gradients: pure functions, with all state in a dictionary that can be saved. */
export interface Optimiser {
  /** For example `sgd`. */
  readonly name: string;
  /**
   * Which of the parameters are left out of weight decay (and of layer-wise rates, where there are any), and which are
   * not. Empty lists where the optimiser was made without specifications.
   */
  readonly groups: { readonly decayed: readonly string[]; readonly excluded: readonly string[] };
  /** State before the first step. Names are those of the parameters after `momentum_buffer.`, `exp_avg.` and so on. */
  init(params: TensorDict): Record<string, Tensor>;
  /** One step. Intermediate tensors are left behind: call it inside `jit` or `tf.tidy`. */
  update(params: TensorDict, grads: TensorDict, state: TensorDict, learningRate: LearningRate): OptimiserResult;
}

/** Leaves parameters out of weight decay by what they are for. */
export interface ExclusionOptions {
  /** What the parameters are; needed where `exclude` is used. Default: unknown. */
  readonly parameters?: readonly ParameterSpec[];
  /** Whether a parameter is left out. Default: none is. */
  readonly exclude?: (spec: ParameterSpec) => boolean;
}

/** The usual rule for `exclude`: biases, and scales and offsets of normalisation layers. */
export function isBiasOrNorm({ kind }: Pick<ParameterSpec, 'kind'>): boolean {
  return kind === 'bias' || kind === 'norm-scale' || kind === 'norm-offset';
}

/** What an optimiser needs to know of the exclusion rule. */
export interface Exclusion {
  readonly groups: Optimiser['groups'];
  excludes(name: string): boolean;
}

export function exclusion(where: string, { parameters, exclude }: ExclusionOptions): Exclusion {
  if (parameters === undefined) {
    if (exclude === undefined) return { groups: { decayed: [], excluded: [] }, excludes: () => false };
    throw new SceneError({
      code: 'OPTION',
      expected: 'the option parameters beside exclude',
      found: 'exclude alone',
      where,
      fix: 'Pass the specifications of the parameters, such as `parameters: network.parameters`.',
    });
  }
  const excluded = new Set(parameters.filter((spec) => exclude?.(spec) ?? false).map(({ name }) => name));
  const decayed = parameters.map(({ name }) => name).filter((name) => !excluded.has(name));
  return {
    groups: { decayed, excluded: [...excluded] },
    excludes: (name) => excluded.has(name),
  };
}

/** The new value of one parameter, and of its state under the names of the slots. */
export interface Moved {
  readonly value: Tensor;
  readonly slots: Readonly<Record<string, Tensor>>;
}

/** What a rule may use to move one parameter. */
export interface Step {
  readonly name: string;
  readonly value: Tensor;
  readonly gradient: Tensor;
  readonly rate: Tensor;
  /** The parameter's state of that slot. */
  slot(slot: string): Tensor;
}

/** Applies `move` to every parameter that has a gradient. */
export function updateEach(
  params: TensorDict,
  grads: TensorDict,
  state: TensorDict,
  learningRate: LearningRate,
  move: (step: Step) => Moved,
): OptimiserResult {
  const moved: Record<string, Tensor> = {};
  const next: Record<string, Tensor> = { ...state };
  const skipped: string[] = [];
  for (const [name, value] of Object.entries(params)) {
    const gradient = grads[name];
    if (gradient === undefined) {
      moved[name] = value;
      skipped.push(name);
      continue;
    }
    const slot = (key: string): Tensor => state[`${key}.${name}`] ?? absentState(key, name, state);
    const result = move({ name, value, gradient, rate: rateOf(learningRate, name), slot });
    moved[name] = result.value;
    for (const [key, tensor] of Object.entries(result.slots)) next[`${key}.${name}`] = tensor;
  }
  return { params: moved, state: next, skipped };
}

/** Zeros of the parameters' shapes under `slot.name`. */
export function zeroSlots(params: TensorDict, ...slots: readonly string[]): Record<string, Tensor> {
  const entries = slots.flatMap((slot) =>
    Object.entries(params).map(([name, value]) => [`${slot}.${name}`, tf.zeros(value.shape)] as const),
  );
  return Object.fromEntries(entries);
}

function rateOf(learningRate: LearningRate, name: string): Tensor {
  if (learningRate instanceof tf.Tensor) return learningRate;
  const rate = learningRate[name];
  if (rate) return rate;
  throw new SceneError({
    code: 'LEARNING_RATE_ABSENT',
    expected: `a learning rate for ${JSON.stringify(name)}`,
    found: `rates for ${Object.keys(learningRate).length} other parameters`,
    where: 'the optimiser step',
    fix: 'Give every parameter a rate, or one tensor for all of them.',
  });
}

function absentState(slot: string, name: string, state: TensorDict): never {
  const key = `${slot}.${name}`;
  const near = closest(key, Object.keys(state));
  throw new SceneError({
    code: 'OPTIMISER_STATE',
    expected: `state ${JSON.stringify(key)}`,
    found: near === undefined ? `none among ${Object.keys(state).length}` : `only ${JSON.stringify(near)}`,
    where: 'the optimiser step',
    fix: 'Start from `init(params)` or from a state saved by the same optimiser.',
  });
}
