import { type Tensor, tf } from '@ssl-scene/tensors';
import type { PatchCounts } from './patch-counts.ts';

/**
 * Chooses patches without replacement: among the salient patches those that come first in a random order, as many as
 * `counts.salient`, and likewise in the background. Exactly as many as asked for, also where two ranks are equal.
 *
 * @param ranks random numbers that order the patches, (N, C, G²); C choices are made for each image.
 * @param salient (N, G, G): 1 for salient patches, 0 for the others.
 * @returns (N, G, G, C): 1 for chosen patches.
 */
export function selectPatches(ranks: Tensor, salient: Tensor, counts: PatchCounts): Tensor {
  const [images, choices, patches] = ranks.shape as [number, number, number];
  const grid = salient.shape[1]!;
  const isSalient = tf.reshape(salient, [images, 1, patches]);
  const earlier = comesEarlier(ranks);
  const salientBefore = tf.sum(tf.mul(earlier, tf.reshape(salient, [images, 1, 1, patches])), 3);
  const backgroundBefore = tf.sub(tf.sum(earlier, 3), salientBefore);
  const chosen = tf.add(
    tf.mul(isSalient, isBelow(salientBefore, counts.salient)),
    tf.mul(tf.sub(1, isSalient), isBelow(backgroundBefore, counts.background)),
  );
  return tf.reshape(tf.transpose(chosen, [0, 2, 1]), [images, grid, grid, choices]);
}

/**
 * [n, c, i, j] is 1 where patch j comes before patch i. Sorting by comparison of all pairs needs no operation that a backend
 * lacks, and for tens of patches costs next to nothing.
 */
function comesEarlier(ranks: Tensor): Tensor {
  const [images, choices, patches] = ranks.shape as [number, number, number];
  const own = tf.reshape(ranks, [images, choices, patches, 1]);
  const other = tf.reshape(ranks, [images, choices, 1, patches]);
  const isTied = tf.mul(tf.cast(tf.equal(other, own), 'float32'), lowerTriangle(patches));
  return tf.add(tf.cast(tf.less(other, own), 'float32'), isTied);
}

/** 1 below the diagonal: of equal ranks the patch with the smaller number comes first. */
function lowerTriangle(size: number): Tensor {
  const values = Float32Array.from({ length: size * size }, (_, index) =>
    index % size < Math.floor(index / size) ? 1 : 0,
  );
  return tf.tensor4d(values, [1, 1, size, size]);
}

function isBelow(positions: Tensor, counts: Tensor): Tensor {
  return tf.cast(tf.less(positions, tf.reshape(counts, [-1, 1, 1])), 'float32');
}
