import { tf } from '@ssl-scene/tensors';
import { readTensors } from './read-tensors.ts';

/**
 * The relative error with which the current backend's matrix products round their float32 factors: 0 where it does not,
 * 2⁻¹¹ on GPUs that use TensorFloat-32, 2⁻⁸ where it is bfloat16.
 */
export function factorRounding(): number {
  if (survivesProduct(1 + 2 ** -16)) return 0;
  return survivesProduct(1 + 2 ** -9) ? 2 ** -11 : 2 ** -8;
}

function survivesProduct(value: number): boolean {
  const [product] = readTensors(() => [tf.matMul(tf.fill([64, 64], value) as tf.Tensor2D, tf.eye(64))]);
  return product![0] === value;
}
