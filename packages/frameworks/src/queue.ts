import type { BufferSpec } from '@ssl-scene/nn';
import { randomStream } from '@ssl-scene/random';
import { type Tensor, tf } from '@ssl-scene/tensors';

/** Name of a role's queue among the buffers. */
export function queueName(role: string): string {
  return `queue.${role}`;
}

/** A queue of `length` embeddings. */
export function queueSpec(name: string, length: number, dimension: number): BufferSpec {
  return { name, shape: [length, dimension], value: 0, dtype: 'float32' };
}

/** A fresh queue (length, dimension): rows of length 1 in random directions. */
export function randomQueue(seed: number, name: string, length: number, dimension: number): Tensor {
  const values = new Float32Array(length * dimension);
  randomStream(seed, 'queue', name).fillNormal(values);
  for (let row = 0; row < length; row++) toUnitLength(values.subarray(row * dimension, (row + 1) * dimension));
  return tf.tensor(values, [length, dimension]);
}

function toUnitLength(row: Float32Array): void {
  const length = Math.hypot(...row);
  for (let i = 0; i < row.length; i++) row[i]! /= length;
}

/**
 * First in, first out: the oldest rows of the queue (K, D), which come first, make room for `rows` (N, D) at the end.
 * Any N will do; of more than K rows the newest K stay. There is no pointer: the queue's order is its state.
 */
export function enqueue(queue: Tensor, rows: Tensor): Tensor {
  const [length, dimension] = queue.shape as [number, number];
  const added = rows.shape[0]!;
  if (added >= length) return tf.slice(rows, [added - length, 0], [length, dimension]);
  return tf.concat([tf.slice(queue, [added, 0], [length - added, dimension]), rows], 0);
}
