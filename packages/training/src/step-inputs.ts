import type { FrameworkBatch, PairSpec, Phase } from '@ssl-scene/frameworks';
import type { Tensor, TensorDict } from '@ssl-scene/tensors';
import type { MaskInputs } from './step-masking.ts';

/** Everything that differs from step to step, as tensors. */
export interface StepInputs {
  /** Normalised views (N, height, width, 3) by name. */
  readonly views: TensorDict;
  /** What masks need; absent where the recipe has none. */
  readonly masking?: MaskInputs;
  /** What the framework asked for in `hostInputs`. */
  readonly framework: TensorDict;
  /** The schedule's learning rate, a scalar. */
  readonly learningRate: Tensor;
  /** The rate of parameters that keep the initial one, a scalar. */
  readonly initialRate: Tensor;
  /** How much pairs count for each image, shape (N), by {@link pairName}. A pair that is absent counts 1. */
  readonly weights?: TensorDict;
  /** What the framework said in `phase`; plain data, a graph of its own for each. */
  readonly phase?: Phase;
}

/** A pair's name among the weights. */
export function pairName({ role, a, b }: Pick<PairSpec, 'role' | 'a' | 'b'>): string {
  return `${role} ${a} ${b}`;
}

/** The inputs as a framework wants them. */
export function frameworkBatch(pairs: readonly PairSpec[], inputs: StepInputs): FrameworkBatch {
  const { views, framework, weights, phase } = inputs;
  const weighted = pairs.map((pair) => {
    const weight = weights?.[pairName(pair)];
    return weight ? { ...pair, weight } : pair;
  });
  return { views, pairs: weighted, inputs: framework, ...(phase && { phase }) };
}
