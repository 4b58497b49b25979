import { SceneError } from '@ssl-scene/errors';
import { mapTree, type Tensor, type Tree, tf } from '@ssl-scene/tensors';
import type { Network } from './network.ts';

/**
 * The network with batch norm over groups of the batch, as on as many devices: image i belongs to group i modulo
 * `groups`, each group is normalised by its own statistics, and the running statistics become the mean of what the
 * groups would have made of them. Groups that do not divide the batch are an error.
 *
 * It stays one pass over the batch, in which only batch norm tells the groups apart: images are put into an order in which
 * groups are neighbours, and results are put back.
 */
export function splitNorm<Output extends Tree>(network: Network<Output>, groups: number): Network<Output> {
  if (groups === 1) return network;
  return {
    apply(variables, images, context) {
      const size = images.shape[0]!;
      checkDivisible(size, groups);
      const byGroup = exchangeRows(images, size / groups, groups);
      const output = network.apply(variables, byGroup, { ...context, normGroups: groups });
      return mapTree(output, (rows) => exchangeRows(rows, groups, size / groups)) as Output;
    },
  };
}

/** Reads the rows of x as a table of `height` by `width` and gives its columns: row i · width + j becomes j · height + i. */
function exchangeRows(x: Tensor, height: number, width: number): Tensor {
  const table = tf.reshape(x, [height, width, x.size / (height * width)]);
  return tf.reshape(tf.transpose(table, [1, 0, 2]), x.shape);
}

function checkDivisible(size: number, groups: number): void {
  if (size % groups === 0) return;
  throw new SceneError({
    code: 'BATCH_NOT_DIVISIBLE',
    expected: `a batch that ${groups} batch-norm groups divide`,
    found: `${size} images`,
    where: 'option splits',
    fix: 'Change the batch size or the number of groups.',
  });
}
