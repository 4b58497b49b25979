import { SceneError } from '@ssl-scene/errors';
import { type Tensor, tf, untaped } from '@ssl-scene/tensors';
import { checkAbove } from './checks.ts';

export interface SinkhornOptions {
  /** Sharpness of the assignment: scores are divided by it. Above 0. Default 0.05. */
  readonly epsilon?: number;
  /** Rounds of balancing. Default 3. */
  readonly iterations?: number;
}

/**
 * Soft assignment of samples to prototypes with equal use of all prototypes, by the Sinkhorn-Knopp iteration (Cuturi, 2013;
 * Caron et al., 2020): rows sum to 1, columns to N / K in the limit. Computed with logarithms, finite for any finite score.
 * No gradient flows through it.
 *
 * @param scores (N, K). @returns (N, K).
 */
export function sinkhorn(scores: Tensor, options: SinkhornOptions = {}): Tensor {
  const { epsilon = 0.05, iterations = 3 } = options;
  checkAbove('sinkhorn', 'epsilon', epsilon);
  if (scores.rank !== 2 || scores.size === 0 || !Number.isInteger(iterations) || iterations < 0) {
    throw new SceneError({
      code: 'SINKHORN_INPUT',
      expected: 'scores (N, K), not empty, and a whole number of iterations',
      found: `scores [${scores.shape.join(', ')}] and ${iterations} iterations`,
      where: 'sinkhorn',
      fix: 'Pass one row of prototype scores per sample.',
    });
  }
  return untaped(() => assign(scores, epsilon, iterations));
}

/**
 * Keeps the logarithms of the assignment. Each row starts with a largest entry of 0: the entries that matter are small
 * numbers and lose little to float32, whatever the scores.
 */
function assign(scores: Tensor, epsilon: number, iterations: number): Tensor {
  const largest = tf.max(scores, 1, true);
  const rows = tf.div(tf.sub(scores, largest), epsilon);
  const whole = tf.add(rows, tf.div(tf.sub(largest, tf.max(largest)), epsilon));
  if (iterations === 0) {
    // Nothing is balanced yet: the whole matrix sums to the number of samples.
    const samples = scores.shape[0]!;
    return tf.exp(tf.add(subtractLogSum(whole, [0, 1]), Math.log(samples)));
  }
  // What the first round takes from a prototype depends on the rows' true heights.
  let logs = subtractLogSum(subtractLogSum(rows, [0], whole), [1]);
  for (let round = 1; round < iterations; round++) logs = subtractLogSum(subtractLogSum(logs, [0]), [1]);
  return tf.exp(logs);
}

/** logs - log Σ exp(of), in two steps of which the first is exact where scores are large. */
function subtractLogSum(logs: Tensor, axes: number[], of = logs): Tensor {
  const largest = tf.max(of, axes, true);
  const logSum = tf.log(tf.sum(tf.exp(tf.sub(of, largest)), axes, true));
  return tf.sub(tf.sub(logs, largest), logSum);
}
