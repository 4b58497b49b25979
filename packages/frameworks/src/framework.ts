import type { Backbone } from '@ssl-scene/backbones';
import type { BufferSpec, Context, ParameterSpec, Variables } from '@ssl-scene/nn';
import type { Tensor, TensorDict } from '@ssl-scene/tensors';
import type { HostInput, Position } from './host-input.ts';
import type { FrameworkBatch, PairSpec } from './pair.ts';
import type { Phase } from './phase.ts';

/** What {@link Framework.prepare} computes before the differentiated forward pass. */
export interface Prepared {
  /** Embeddings that carry no gradient, such as those of MoCo's key encoder. */
  readonly tensors: TensorDict;
  /** New values of buffers: those of a moving-average copy, its running statistics. */
  readonly updates: TensorDict;
}

/** What {@link Framework.objective} gives. */
export interface Objective {
  /** Mean over the images of `perSample`, a scalar. */
  readonly loss: Tensor;
  /** Sum over the pairs of factor times weight times loss, shape (N). */
  readonly perSample: Tensor;
  /**
   * Scalars worth logging: `loss.<role>`; `featureStd`, the standard deviation of the normalised embeddings times
   * the root of their dimension (1 where they fill all directions evenly, 0 where all are equal); and
   * `positiveSimilarity`, the mean cosine between the two embeddings of a pair.
   */
  readonly metrics: TensorDict;
}

/**
 * A way to learn from pairs of views, as pure functions over flat dictionaries of tensors. It knows nothing of crops,
 * masks or loops, and holds no tensor.
 *
 * One step is: `prepare` (no gradient), `objective` (differentiated by `variables.params`; see `differentiate`), the
 * optimiser, `constrain` and `afterUpdate` (see `finishStep`).
 */
export interface Framework {
  /** For example `simclr`. */
  readonly name: string;
  /** The network that is being trained; its variables stand under `backbone.`. */
  readonly backbone: Backbone;
  /** What is learned. */
  readonly parameters: readonly ParameterSpec[];
  /** Parameters without a gradient, kept among the buffers: a moving-average copy, a frozen bias. */
  readonly unlearned: readonly ParameterSpec[];
  /** Running statistics, queues. */
  readonly buffers: readonly BufferSpec[];
  /**
   * Which network its paper evaluates: `online`, the one under `backbone.` that is learned, or `teacher`, a moving average
   * of it under `teacher.backbone.`. See `evaluatedVariables`.
   */
  readonly evaluated: 'online' | 'teacher';
  /** All variables of a fresh run; the same seed gives the same values on every machine. */
  initialise(seed: number): Variables;
  /** Arrays that a step at this position needs in `batch.inputs`. Default: none. */
  hostInputs?(position: Position): Readonly<Record<string, HostInput>>;
  /** What `batch.phase` is to be in a step at this position. Default: always the same. */
  phase?(position: Position): Phase;
  /** Everything that comes before the differentiated pass. Default: nothing. */
  prepare?(variables: Variables, batch: FrameworkBatch): Prepared;
  /** The loss; new running statistics go to `context.updates`. */
  objective(variables: Variables, batch: FrameworkBatch, prepared: Prepared, context: Context): Objective;
  /** The parameters that must satisfy a condition after the optimiser's step, made to do so. Default: none. */
  constrain?(params: TensorDict): TensorDict;
  /** New values of buffers that depend on the parameters after the optimiser's step. Default: nothing. */
  afterUpdate?(variables: Variables, batch: FrameworkBatch): TensorDict;
  /** Whether the parameter keeps the initial learning rate while all others follow the schedule. Default: none does. */
  keepsInitialRate?(name: string): boolean;
  /** The loss where all embeddings are equal, as in a collapsed network. */
  collapsedLoss(pairs: readonly PairSpec[], batchSize: number): number;
}
