/**
 * What changes a few times in a run and calls for another computation rather than other numbers. Plain data: hand it to a
 * recorded step as it is, and each phase gets a graph of its own.
 */
export interface Phase {
  /** Learned parameters that rest: no gradient, so that the optimiser leaves them and their state alone. Default: none. */
  readonly frozen?: readonly string[];
  /** Whether queues that had to fill first take part in the loss. Default false. */
  readonly queues?: boolean;
}
