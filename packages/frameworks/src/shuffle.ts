import { randomStream } from '@ssl-scene/random';
import { type Tensor, type TensorDict, tf } from '@ssl-scene/tensors';
import type { Encoder } from './encoder.ts';
import type { HostInput, Position } from './host-input.ts';

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
 * The encoder with its images put into another order, and its embeddings put back: images share batch-norm groups with
 * others than in the query encoder.
 */
export function shuffled(encoder: Encoder, { shuffle, unshuffle }: TensorDict): Encoder {
  return {
    ...encoder,
    apply(variables, images, context) {
      const embeddings = encoder.apply(variables, rowsOf(images, shuffle!), context);
      return rowsOf(embeddings, unshuffle!);
    },
  };
}

/** `gatherND`, because `gather` reads its indices' values, which a recorded step does not have. */
function rowsOf(x: Tensor, order: Tensor): Tensor {
  return tf.gatherND(x, tf.reshape(order, [order.size, 1]));
}
