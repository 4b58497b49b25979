import { batchNormEval, batchNormTrain, type Tensor, tf } from '@ssl-scene/tensors';
import { checkCounts, checkRange } from './check.ts';
import { constant } from './initialisers.ts';
import { type BufferSpec, buffer, type Context, type Module, type ParameterSpec, parameter } from './module.ts';

export interface BatchNormLayerOptions {
  /** Channels, the last axis of the input. */
  readonly channels: number;
  /** Whether channels are scaled and moved by learned numbers. Default true. */
  readonly affine?: boolean;
  /** Whether they are moved. Default: as `affine`. */
  readonly offset?: boolean;
  /** Share of the batch in new running statistics. Default 0.1. */
  readonly momentum?: number;
  /** Added to the variance. Default 1e-5. */
  readonly epsilon?: number;
  /** Scale of a fresh network; 0 silences a residual branch at the start. Default 1. */
  readonly initialScale?: number;
  /**
   * Groups of the batch with statistics of their own, as if on so many devices; running statistics move by the mean of
   * the groups'. Default 1.
   */
  readonly splits?: number;
  /**
   * Which images share a group: neighbours (`contiguous`), or those with the same index modulo `splits` (`strided`, as
   * in MoCo's demonstration notebook). Default `contiguous`.
   */
  readonly grouping?: 'contiguous' | 'strided';
}

interface Statistics {
  readonly mean: Tensor;
  readonly variance: Tensor;
}

/**
 * Batch normalisation of (N, C) or (N, H, W, C) as PyTorch's: the biased variance of the batch normalises, the unbiased
 * one goes into the running estimate. Parameters `name.weight` and `name.bias`, buffers `name.running_mean`,
 * `name.running_var` and `name.num_batches_tracked`.
 */
export function batchNorm(name: string, options: BatchNormLayerOptions): Module {
  const { channels, affine = true, offset = affine, momentum = 0.1, epsilon = 1e-5 } = options;
  const { initialScale = 1, splits = 1, grouping = 'contiguous' } = options;
  checkCounts(`batchNorm ${name}`, { channels, splits });
  checkRange(`batchNorm ${name}`, { momentum }, 0, 1);
  const shape = [channels];
  const scaleSpec: ParameterSpec = {
    name: `${name}.weight`,
    shape,
    kind: 'norm-scale',
    initialise: constant(initialScale),
  };
  const offsetSpec: ParameterSpec = { name: `${name}.bias`, shape, kind: 'norm-offset', initialise: constant(0) };
  const mean: BufferSpec = { name: `${name}.running_mean`, shape, value: 0, dtype: 'float32' };
  const variance: BufferSpec = { name: `${name}.running_var`, shape, value: 1, dtype: 'float32' };
  const count: BufferSpec = { name: `${name}.num_batches_tracked`, shape: [], value: 0, dtype: 'int32' };

  const track = (batch: Statistics, variables: Parameters<Module['apply']>[0], context: Context): void => {
    const moved = (running: Tensor, latest: Tensor): Tensor =>
      tf.add(running, tf.mul(tf.sub(latest, running), momentum));
    const { updates } = context;
    updates[mean.name] = moved(buffer(variables, mean.name, context), batch.mean);
    updates[variance.name] = moved(buffer(variables, variance.name, context), batch.variance);
    updates[count.name] = tf.add(buffer(variables, count.name, context), tf.scalar(1, 'int32'));
  };

  return {
    parameters: [...(affine ? [scaleSpec] : []), ...(offset ? [offsetSpec] : [])],
    buffers: [mean, variance, count],
    apply(variables, x, context) {
      const scale = affine ? parameter(variables, scaleSpec.name) : tf.ones(shape);
      const bias = offset ? parameter(variables, offsetSpec.name) : tf.zeros(shape);
      if (!context.training) {
        const running = [buffer(variables, mean.name, context), buffer(variables, variance.name, context)] as const;
        return batchNormEval(x, ...running, scale, bias, epsilon);
      }
      const groups = context.normGroups ?? splits;
      // A batch that groups do not divide is refused below.
      const strided = context.normGroups === undefined && grouping === 'strided' && x.shape[0]! % groups === 0;
      const { y, ...batch } = batchNormTrain(
        strided ? turned(x, x.shape[0]! / groups) : x,
        scale,
        bias,
        epsilon,
        groups,
      );
      track(batch, variables, context);
      return strided ? turned(y, groups) : y;
    },
  };
}

/** Images in rows of so many, read column by column: those with the same index modulo the columns become neighbours. */
function turned(x: Tensor, rows: number): Tensor {
  const [batch, ...rest] = x.shape as [number, ...number[]];
  const columns = batch / rows;
  const size = x.size / batch;
  return tf.reshape(tf.transpose(tf.reshape(x, [rows, columns, size]), [1, 0, 2]), [batch, ...rest]);
}
