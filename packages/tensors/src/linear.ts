import { SceneError } from '@ssl-scene/errors';
import { type Tensor, tf } from './tensor.ts';

/**
 * x · weight + bias.
 *
 * @param x (N, inputs). @param weight (inputs, outputs): the transpose of PyTorch's. @param bias (outputs), optional.
 */
export function linear(x: Tensor, weight: Tensor, bias?: Tensor): Tensor {
  if (x.rank !== 2 || weight.rank !== 2 || x.shape[1] !== weight.shape[0] || (bias && bias.size !== weight.shape[1])) {
    throw new SceneError({
      code: 'LINEAR_SHAPE',
      expected: 'x (N, inputs), weight (inputs, outputs), bias (outputs)',
      found: `shapes [${x.shape}], [${weight.shape}]${bias ? ` and [${bias.shape}]` : ''}`,
      where: 'linear',
      fix: 'Weights lie in memory as (inputs, outputs), the transpose of PyTorch’s.',
    });
  }
  const product = tf.matMul(x as tf.Tensor2D, weight as tf.Tensor2D);
  return bias ? tf.add(product, bias) : product;
}
