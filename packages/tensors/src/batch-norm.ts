import { SceneError } from '@ssl-scene/errors';
import { attributes, type NativeBackend, nativeBackend } from './native-backend.ts';
import { hasOwnOperations, OWN_BATCH_NORM, OWN_BATCH_NORM_GRADIENT } from './own-operations.ts';
import { adopt, hold } from './scope.ts';
import { type Tensor, tf } from './tensor.ts';

/** What {@link batchNormTrain} gives. */
export interface BatchNormOutput {
  /** The normalised input, scaled and moved. */
  readonly y: Tensor;
  /** Mean of each channel over the batch and its places, or of the groups' means. No gradient flows through it. */
  readonly mean: Tensor;
  /** Unbiased variance of each channel, as the running estimate wants it, or the groups' mean. No gradient flows through it. */
  readonly variance: Tensor;
}

/**
 * Batch normalisation by the batch's own statistics, as PyTorch's in training: the biased variance normalises, the
 * unbiased one is returned for the running estimate.
 *
 * @param x (N, C) or (N, H, W, C).
 * @param scale (C), PyTorch's `weight`.
 * @param offset (C), PyTorch's `bias`.
 * @param epsilon added to the variance. Default 1e-5.
 * @param groups parts of the batch, neighbours together, with statistics of their own; they must divide it. Default 1.
 */
export function batchNormTrain(x: Tensor, scale: Tensor, offset: Tensor, epsilon = 1e-5, groups = 1): BatchNormOutput {
  check(x, scale, offset);
  checkGroups(x, groups);
  if (x.size / scale.size / groups < 2) {
    throw new SceneError({
      code: 'BATCH_NORM_SINGLE_VALUE',
      expected: 'more than one value per channel and group in training',
      found: `an input of shape [${x.shape.join(', ')}]`,
      where: 'batchNormTrain',
      fix: 'Use a larger batch, or evaluation mode.',
    });
  }
  const native = nativeBackend();
  const normalise = native ? nativeTraining(native, epsilon, groups) : portableTraining(epsilon, groups);
  const { y, mean, variance } = normalise(asImages(x), scale, offset);
  adopt([mean, variance]);
  return { y: x.rank === 4 ? y : tf.reshape(y, x.shape), mean, variance };
}

/**
 * Batch normalisation by given statistics, as PyTorch's in evaluation.
 *
 * @param x (N, C) or (N, H, W, C).
 * @param mean (C), @param variance (C), @param scale (C), @param offset (C).
 * @param epsilon added to the variance. Default 1e-5.
 */
export function batchNormEval(
  x: Tensor,
  mean: Tensor,
  variance: Tensor,
  scale: Tensor,
  offset: Tensor,
  epsilon = 1e-5,
): Tensor {
  check(x, scale, offset);
  const factor = tf.mul(tf.rsqrt(tf.add(variance, epsilon)), scale);
  return tf.add(tf.mul(x, factor), tf.sub(offset, tf.mul(mean, factor)));
}

function check(x: Tensor, scale: Tensor, offset: Tensor): void {
  const channels = x.shape.at(-1);
  if ((x.rank === 2 || x.rank === 4) && scale.size === channels && offset.size === channels) return;
  throw new SceneError({
    code: 'BATCH_NORM_SHAPE',
    expected: 'an input (N, C) or (N, H, W, C) with C scales and offsets',
    found: `shapes [${x.shape}], [${scale.shape}] and [${offset.shape}]`,
    where: 'batch normalisation',
    fix: 'Flatten or reshape the input; channels come last.',
  });
}

function checkGroups(x: Tensor, groups: number): void {
  if (Number.isInteger(groups) && groups > 0 && x.shape[0]! % groups === 0) return;
  throw new SceneError({
    code: 'BATCH_NOT_DIVISIBLE',
    expected: `a batch that ${groups} batch-norm groups divide`,
    found: `${x.shape[0]} images`,
    where: 'batchNormTrain',
    fix: 'Change the batch size or the number of groups.',
  });
}

const asImages = (x: Tensor): Tensor => (x.rank === 4 ? x : tf.reshape(x, [x.shape[0]!, 1, 1, x.shape[1]!]));

type Training = (x: Tensor, scale: Tensor, offset: Tensor) => BatchNormOutput;

/** Fused kernels, several times faster than the composition from moments: our own, or TensorFlow's. */
function nativeTraining(native: NativeBackend, epsilon: number, groups: number): Training {
  return hasOwnOperations(native)
    ? ownTraining(native, epsilon, groups)
    : inGroups(tensorFlowTraining(native, epsilon), groups);
}

/** TensorFlow's operation knows nothing of groups: once for each of them. */
function inGroups(training: Training, groups: number): Training {
  if (groups === 1) return training;
  return (image, weight, bias) => {
    const parts = tf.split(image, groups, 0).map((part) => training(part, weight, bias));
    adopt(parts.flatMap(({ mean, variance }) => [mean, variance]));
    const average = (tensors: Tensor[]): Tensor => tf.div(tf.addN(tensors), groups);
    const y = tf.concat(
      parts.map((part) => part.y),
      0,
    );
    return {
      y,
      mean: average(parts.map(({ mean }) => mean)),
      variance: average(parts.map(({ variance }) => variance)),
    };
  };
}

function ownTraining(native: NativeBackend, epsilon: number, groups: number): Training {
  const T = { type: 'float32' } as const;
  const forward = attributes(native, { T, epsilon: { float: epsilon }, relu: false, sides: 0, groups });
  const backward = attributes(native, { T, relu: false, groups });
  return (image, weight, bias) => {
    let statistics: [Tensor, Tensor] | undefined;
    const normalise = tf.customGrad((...inputs: unknown[]) => {
      const [x, scale, offset, save] = inputs as [Tensor, Tensor, Tensor, tf.GradSaveFunc];
      const outputs = native.executeMultipleOutputs(OWN_BATCH_NORM, forward, [x, scale, offset], 5);
      const [y, mean, variance, groupMean, inverse] = outputs as [Tensor, Tensor, Tensor, Tensor, Tensor];
      statistics = [hold(mean), hold(variance)];
      save([x, scale, offset, groupMean, inverse]);
      const gradFunc = (dy: Tensor, saved: Tensor[]): Tensor[] =>
        native.executeMultipleOutputs(OWN_BATCH_NORM_GRADIENT, backward, [dy, ...saved], 3);
      return { value: y, gradFunc };
    });
    const y = normalise(image, weight, bias);
    const [mean, variance] = statistics!;
    return { y, mean, variance };
  };
}

function tensorFlowTraining(native: NativeBackend, epsilon: number): Training {
  const common = {
    T: { type: 'float32' },
    U: { type: 'float32' },
    epsilon: { float: epsilon },
    data_format: 'NHWC',
    is_training: true,
  } as const;
  const forward = attributes(native, { ...common, exponential_avg_factor: { float: 1 } });
  const backward = attributes(native, common);
  return (image, weight, bias) => {
    let statistics: [Tensor, Tensor] | undefined;
    const normalise = tf.customGrad((...inputs: unknown[]) => {
      const [x, scale, offset, save] = inputs as [Tensor, Tensor, Tensor, tf.GradSaveFunc];
      const none = tf.zeros([0]);
      const outputs = native.executeMultipleOutputs('FusedBatchNormV3', forward, [x, scale, offset, none, none], 6);
      const [y, mean, variance, ...reserved] = outputs as [Tensor, Tensor, Tensor, Tensor, Tensor, Tensor];
      statistics = [hold(mean), hold(variance)];
      save([x, scale, ...reserved]);
      const gradFunc = (dy: Tensor, saved: Tensor[]): Tensor[] =>
        native.executeMultipleOutputs('FusedBatchNormGradV3', backward, [dy, ...saved], 5).slice(0, 3);
      return { value: y, gradFunc };
    });
    const y = normalise(image, weight, bias);
    const [mean, variance] = statistics!;
    return { y, mean, variance };
  };
}

/** The same by elementary operations, two passes over the values for the variance, all groups at once. */
function portableTraining(epsilon: number, groups: number): Training {
  return (image, weight, bias) => {
    const channels = weight.size;
    const count = image.size / channels / groups;
    const byGroup = (x: Tensor): Tensor => tf.reshape(x, [groups, count, channels]);
    const overGroups = (join: typeof tf.sum | typeof tf.mean, x: Tensor): Tensor =>
      groups === 1 ? tf.reshape(x, [channels]) : join(x, [0, 1]);
    let statistics: [Tensor, Tensor] | undefined;
    const normalise = tf.customGrad((...inputs: unknown[]) => {
      const [whole, scale, offset, save] = inputs as [Tensor, Tensor, Tensor, tf.GradSaveFunc];
      const x = byGroup(whole);
      const mean = tf.mean(x, 1, true);
      const centred = tf.sub(x, mean);
      const variance = tf.mean(tf.square(centred), 1, true);
      const inverse = tf.rsqrt(tf.add(variance, epsilon));
      const normalised = tf.mul(centred, inverse);
      const unbiased = tf.mul(overGroups(tf.mean, variance), count / (count - 1));
      statistics = [hold(overGroups(tf.mean, mean)), hold(unbiased)];
      save([normalised, inverse, scale]);
      const gradFunc = (dy: Tensor, saved: Tensor[]): Tensor[] => {
        const [normalised, inverse, scale] = saved as [Tensor, Tensor, Tensor];
        const gradient = byGroup(dy);
        const dOffset = tf.sum(gradient, 1, true);
        const dScale = tf.sum(tf.mul(gradient, normalised), 1, true);
        const common = tf.add(tf.div(dOffset, count), tf.mul(normalised, tf.div(dScale, count)));
        const dx = tf.mul(tf.sub(gradient, common), tf.mul(inverse, scale));
        return [tf.reshape(dx, dy.shape), overGroups(tf.sum, dScale), overGroups(tf.sum, dOffset)];
      };
      return { value: tf.reshape(tf.add(tf.mul(normalised, scale), offset), whole.shape), gradFunc };
    });
    const y = normalise(image, weight, bias);
    const [mean, variance] = statistics!;
    return { y, mean, variance };
  };
}
