import { SceneError } from '@ssl-scene/errors';
import { l2Normalize, type Tensor, tf, untaped } from '@ssl-scene/tensors';
import { checkAbove, checkSameShape } from './checks.ts';
import { type PairLoss, pairLoss } from './pair-loss.ts';
import { products, withoutDiagonals } from './similarity.ts';

export interface KoLeoOptions {
  /** Distance below which rows count as equal. Above 0. Default 1e-8. */
  readonly epsilon?: number;
}

export interface KoLeoLoss extends PairLoss {
  /** Number of rows that lie no further than epsilon from another one, a scalar. */
  readonly duplicates: Tensor;
}

/**
 * The Kozachenko-Leonenko regulariser (Sablayrolles et al., 2019; DINOv2) spreads embeddings evenly over the sphere:
 * l_i = -½ · log(d_i² + ε²) with the distance d_i from row i to its nearest other row. For equal rows it is -log ε, with no
 * gradient between them.
 *
 * @param embeddings (N, D), N at least 2. Rows are normalised inside.
 */
export function koLeo(embeddings: Tensor, { epsilon = 1e-8 }: KoLeoOptions = {}): KoLeoLoss {
  checkSameShape('koLeo', { embeddings });
  checkAbove('koLeo', 'epsilon', epsilon);
  const rows = embeddings.shape[0]!;
  if (rows < 2) {
    throw new SceneError({
      code: 'BATCH_TOO_SMALL',
      expected: 'at least two images',
      found: `${rows}`,
      where: 'koLeo',
      fix: 'One image has no neighbours; use a larger batch.',
    });
  }
  const unit = l2Normalize(embeddings);
  const chosen = untaped(() => {
    const others = tf.add(products(unit, unit), withoutDiagonals(rows, rows, rows));
    const numbers = tf.reshape(tf.argMax(others, 1), [rows, 1]);
    return tf.cast(tf.equal(numbers, tf.range(0, rows, 1, 'int32')), 'float32');
  });
  // A product with a choice of rows, because gathering rows has no gradient on every backend.
  const nearest = tf.matMul(chosen as tf.Tensor2D, unit as tf.Tensor2D);
  const squares = tf.sum(tf.square(tf.sub(unit, nearest)), 1);
  const perSample = tf.mul(tf.log(tf.add(squares, epsilon * epsilon)), -0.5);
  const duplicates = untaped(() => tf.sum(tf.cast(tf.lessEqual(squares, epsilon * epsilon), 'float32')));
  return { ...pairLoss(perSample), duplicates };
}
