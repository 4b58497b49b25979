import type { Context, ParameterSpec, Variables } from '@ssl-scene/nn';
import { type TensorDict, type Tree, tf } from '@ssl-scene/tensors';
import { embedEach } from './embed.ts';
import { withUnlearned } from './encoder.ts';
import { type HostInput, type Position, scalarInput } from './host-input.ts';
import { movingAverage } from './moving-average.ts';
import type { Network } from './network.ts';
import type { FrameworkBatch } from './pair.ts';
import { shuffled, shuffleInputs } from './shuffle.ts';
import { splitNorm } from './split-norm.ts';

/** Prefix of the key network's names. */
export const KEY = 'key';

/** MoCo's second network: a moving average of the first, which makes the keys, without gradient. */
export interface KeyNetwork<Output> {
  hostInputs(position: Position): Record<string, HostInput>;
  /** Moves the average, then makes the keys of the named views, one pass after another. */
  encode(
    variables: Variables,
    batch: FrameworkBatch,
    names: readonly string[],
  ): { readonly keys: Record<string, Output>; readonly updates: TensorDict };
}

export interface KeyNetworkOptions<Output> {
  /** Reads its variables under `key.`. */
  readonly network: Network<Output>;
  /** The parameters that it follows. */
  readonly originals: readonly ParameterSpec[];
  /** Share of the old average in the new one. */
  readonly momentum: number;
  /** Batch-norm groups, among which the images are shuffled; see `splitNorm`. */
  readonly splits: number;
}

export function keyNetwork<Output extends Tree>(options: KeyNetworkOptions<Output>): KeyNetwork<Output> {
  const { network, originals, momentum, splits } = options;
  const split = splitNorm(network, splits);
  return {
    hostInputs(position) {
      return { momentum: scalarInput(momentum), ...(splits === 1 ? {} : shuffleInputs(position)) };
    },
    encode(variables, { views, inputs = {} }, names) {
      const average = movingAverage(KEY, originals, variables, inputs.momentum ?? tf.scalar(momentum));
      const current = withUnlearned({ params: {}, buffers: { ...variables.buffers, ...average } });
      const context: Context = { training: true, updates: {} };
      const pass = splits === 1 ? split : shuffled(split, inputs);
      const keys = embedEach(pass, current, views, names, context);
      return { keys, updates: { ...average, ...context.updates } };
    },
  };
}
