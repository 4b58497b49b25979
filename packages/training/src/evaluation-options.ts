import type { Backbone } from '@ssl-scene/backbones';
import type { Variables } from '@ssl-scene/nn';

/** The network as an evaluation gets it. */
export interface EvaluatedNetwork {
  /** The epoch that has just ended, from 0. */
  readonly epoch: number;
  /** Steps of the run that are done. */
  readonly step: number;
  readonly backbone: Backbone;
  /** The variables that the framework's paper evaluates, under the backbone's own names; not yours to dispose. */
  readonly variables: Variables;
}

/** Measures the network every now and then while it trains, for example by kNN on labelled images. */
export interface EvaluationOptions {
  /** Epochs from one evaluation to the next; there is always one after the last epoch. Default 1. */
  readonly everyEpochs?: number;
  /** Values by name, for example `{ knn: 0.43 }`. Must leave the variables as they are. */
  readonly run: (
    network: EvaluatedNetwork,
  ) => Readonly<Record<string, number>> | Promise<Readonly<Record<string, number>>>;
}

/** Which checkpoint stays besides the newest. */
export interface KeepBestOptions {
  /** Name of a value of the evaluation, or of a mean metric of the epoch such as `loss`. */
  readonly metric: string;
  /** Whether more is better. Default `max`. */
  readonly mode?: 'max' | 'min';
}

/** The best checkpoint of a run so far. */
export interface BestCheckpoint {
  readonly metric: string;
  readonly value: number;
  readonly step: number;
}

/** The better of the best so far and of what was measured at a step; a value that is not finite is never the best. */
export function betterOf(
  { metric, mode = 'max' }: KeepBestOptions,
  best: BestCheckpoint | undefined,
  values: Readonly<Record<string, number>>,
  step: number,
): BestCheckpoint | undefined {
  const value = values[metric];
  if (value === undefined || !Number.isFinite(value)) return best;
  const isBetter = !best || best.metric !== metric || (mode === 'max' ? value > best.value : value < best.value);
  return isBetter ? { metric, value, step } : best;
}
