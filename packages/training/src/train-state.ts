import type { TensorDict } from '@ssl-scene/tensors';

/** Everything that a training step reads and replaces. Flat dictionaries; each tensor stands in one of them. */
export interface TrainState {
  /** What is learned. */
  readonly params: TensorDict;
  /** Running statistics, moving averages of parameters, queues. */
  readonly buffers: TensorDict;
  /** The optimiser's own tensors, such as momentum. */
  readonly optimiser: TensorDict;
}
