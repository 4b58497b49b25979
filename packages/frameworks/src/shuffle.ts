import { randomStream } from '@ssl-scene/random';
import { mapTree, type Tensor, type TensorDict, type Tree, tf } from '@ssl-scene/tensors';
import type { HostInput, Position } from './host-input.ts';
import type { Network } from './network.ts';

/** A permutation of the batch for this step, and its inverse. */
export function shuffleInputs({ seed, step, batchSize }: Position): Record<'shuffle' | 'unshuffle', HostInput> {
  const order = Int32Array.from(randomStream(seed, 'shuffle', step).permutation(batchSize));
  const back = new Int32Array(batchSize);
  order.forEach((source, place) => {
    back[source] = place;
  });
  return {
    shuffle: { shape: [batchSize], dtype: 'int32', data: order },
    unshuffle: { shape: [batchSize], dtype: 'int32', data: back },
  };
}

/**
 * The network with its images put into another order, and its results put back: images share batch-norm groups with
 * others than in the query encoder.
 */
export function shuffled<Output extends Tree>(
  network: Network<Output>,
  { shuffle, unshuffle }: TensorDict,
): Network<Output> {
  return {
    apply(variables, images, context) {
      const output = network.apply(variables, rowsOf(images, shuffle!), context);
      return mapTree(output, (rows) => rowsOf(rows, unshuffle!)) as Output;
    },
  };
}

/** `gatherND`, because `gather` reads its indices' values, which a recorded step does not have. */
function rowsOf(x: Tensor, order: Tensor): Tensor {
  return tf.gatherND(x, tf.reshape(order, [order.size, 1]));
}
