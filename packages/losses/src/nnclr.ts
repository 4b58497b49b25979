import { l2Normalize, logSumExp, type Tensor, tf, untaped } from '@ssl-scene/tensors';
import { checkAbove, checkBank, checkSameShape } from './checks.ts';
import { meanTensor, type PairLoss, pairLoss } from './pair-loss.ts';
import { products, rowProducts, rowsAt } from './similarity.ts';

/** What {@link nnclr} compares: projections z and predictions p of both views, each (N, D), and earlier projections. */
export interface NnclrInputs {
  readonly z1: Tensor;
  readonly z2: Tensor;
  readonly p1: Tensor;
  readonly p2: Tensor;
  /** (K, D). */
  readonly bank: Tensor;
}

export interface NnclrOptions {
  /** τ, by which cosines are divided. Above 0. Default 0.1. */
  readonly temperature?: number;
  /** The bank's rows have length 1 already and need not be normalised. Default false. */
  readonly unitBank?: boolean;
}

/**
 * NNCLR (Dwibedi et al., 2021) in the paper's form, N terms: the nearest neighbour of z1 in the bank must pick out p2 among
 * all predictions of the second view, and that of z2 p1. (Some libraries put NT-Xent with 2N - 1 terms here.) Neighbours carry
 * no gradient. The loss of an image is the mean of its two directions.
 */
export function nnclr({ z1, z2, p1, p2, bank }: NnclrInputs, options: NnclrOptions = {}): PairLoss {
  const { temperature = 0.1, unitBank = false } = options;
  checkSameShape('nnclr', { z1, z2, p1, p2 });
  checkBank('nnclr', bank, z1);
  checkAbove('nnclr', 'temperature', temperature);
  const unit = unitBank ? bank : untaped(() => l2Normalize(bank));
  const direction = (z: Tensor, p: Tensor): Tensor => {
    const neighbours = nearestUnitRows(z, unit);
    const predictions = l2Normalize(p);
    const positive = tf.div(rowProducts(neighbours, predictions), temperature);
    return tf.sub(logSumExp(tf.div(products(neighbours, predictions), temperature)), positive);
  };
  return pairLoss(meanTensor([direction(z1, p2), direction(z2, p1)]));
}

/** For every row of `z` the bank's row with the largest cosine, at length 1: (N, D). */
export function nearestRows(z: Tensor, bank: Tensor): Tensor {
  return nearestUnitRows(
    z,
    untaped(() => l2Normalize(bank)),
  );
}

function nearestUnitRows(z: Tensor, rows: Tensor): Tensor {
  return untaped(() => rowsAt(rows, tf.argMax(products(l2Normalize(z), rows), 1)));
}
