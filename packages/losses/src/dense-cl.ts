import { SceneError } from '@ssl-scene/errors';
import { l2Normalize, type Tensor, tf, untaped } from '@ssl-scene/tensors';
import { type InfoNCEOptions, infoNCE } from './info-nce.ts';
import { type PairLoss, pairLoss } from './pair-loss.ts';
import { rowsAt } from './similarity.ts';

/** Maps of both views with S cells each, cells in one axis. */
export interface DenseViews {
  /** (N, S, C): the backbone's features, which decide what corresponds. */
  readonly featuresQuery: Tensor;
  readonly featuresKey: Tensor;
  /** (N, S, D): the dense head's outputs, which are compared. */
  readonly gridQuery: Tensor;
  readonly gridKey: Tensor;
  /** (K, D): earlier images' mean keys. */
  readonly queue: Tensor;
}

export interface DenseCLLoss extends PairLoss {
  /** (N, S): the loss of each cell. */
  readonly perCell: Tensor;
  /** (N, S), int32: the key's cell that belongs to each cell of the query. */
  readonly match: Tensor;
  /** (N, D): mean of each key's cells at length 1, which goes into the queue. */
  readonly queueKeys: Tensor;
}

/**
 * The dense branch of DenseCL (Wang et al., 2021): {@link infoNCE} cell by cell, the positive of a cell being the key's cell
 * whose backbone feature has the largest cosine (the lower one of equals). Matching and keys carry no gradient. The whole
 * method adds it to {@link infoNCE} of the pooled embeddings, half each.
 */
export function denseCL(views: DenseViews, options: InfoNCEOptions): DenseCLLoss {
  checkViews(views);
  const { featuresQuery, featuresKey, gridQuery, gridKey, queue } = views;
  const [images, cells, dimension] = gridQuery.shape as [number, number, number];
  const flat = [images * cells, dimension];
  const match = untaped(() => {
    const [query, key] = [l2Normalize(featuresQuery), l2Normalize(featuresKey)];
    return tf.argMax(tf.matMul(query as tf.Tensor3D, key as tf.Tensor3D, false, true), 2);
  });
  const positives = untaped(() => {
    const firstCells = tf.tensor2d(
      Int32Array.from({ length: images }, (_, image) => image * cells),
      [images, 1],
    );
    return rowsAt(tf.reshape(gridKey, flat), tf.reshape(tf.add(match, firstCells), [-1]));
  });
  const { perSample: perCell } = infoNCE(tf.reshape(gridQuery, flat), positives, queue, options);
  const byImage = tf.reshape(perCell, [images, cells]);
  const queueKeys = untaped(() => l2Normalize(tf.mean(gridKey, 1)));
  return { ...pairLoss(tf.mean(byImage, 1)), perCell: byImage, match, queueKeys };
}

function checkViews({ featuresQuery, featuresKey, gridQuery, gridKey }: DenseViews): void {
  const same = (a: Tensor, b: Tensor): boolean => a.shape.join() === b.shape.join();
  const cells = ({ shape }: Tensor): string => `${shape[0]},${shape[1]}`;
  const ranks = featuresQuery.rank === 3 && gridQuery.rank === 3;
  if (
    ranks &&
    same(featuresQuery, featuresKey) &&
    same(gridQuery, gridKey) &&
    cells(featuresQuery) === cells(gridQuery)
  ) {
    return;
  }
  const shapes = Object.entries({ featuresQuery, featuresKey, gridQuery, gridKey });
  throw new SceneError({
    code: 'DENSE_SHAPE',
    expected: 'features (N, S, C) and grids (N, S, D) with the same images and cells',
    found: shapes.map(([name, { shape }]) => `${name} [${shape.join(', ')}]`).join(', '),
    where: 'denseCL',
    fix: 'Put the cells of a map (N, h, w, C) into one axis: (N, h·w, C).',
  });
}
