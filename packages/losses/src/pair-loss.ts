import { type Tensor, tf } from '@ssl-scene/tensors';

/** A loss of N images. */
export interface PairLoss {
  /** Mean of {@link PairLoss.perSample}, a scalar. */
  readonly loss: Tensor;
  /** (N): the loss of each image. For a weighted objective take the mean of weights times these. */
  readonly perSample: Tensor;
}

/** Builds the result from the loss of each image. */
export function pairLoss(perSample: Tensor): PairLoss {
  return { loss: tf.mean(perSample), perSample };
}

/** Mean of tensors of one shape. */
export function meanTensor(tensors: readonly Tensor[]): Tensor {
  if (tensors.length === 1) return tensors[0]!;
  return tf.div(
    tensors.reduce((sum, tensor) => tf.add(sum, tensor)),
    tensors.length,
  );
}
