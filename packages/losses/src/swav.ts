import { SceneError } from '@ssl-scene/errors';
import { l2Normalize, logSoftmax, type Tensor, tf } from '@ssl-scene/tensors';
import { checkAbove, checkBank, checkSameShape } from './checks.ts';
import { meanTensor, type PairLoss, pairLoss } from './pair-loss.ts';
import { products } from './similarity.ts';
import { type SinkhornOptions, sinkhorn } from './sinkhorn.ts';
import { softCrossEntropy } from './soft-cross-entropy.ts';

/** Scores of the views against the prototypes, each (N, K); see {@link prototypeScores}. */
export interface SwavScores {
  /** Large crops: they assign and predict. At least two views in all, one of them large. */
  readonly high: readonly Tensor[];
  /** Small crops: they only predict. Default none. */
  readonly low?: readonly Tensor[];
  /** For each large crop, scores (M, K) of earlier batches that take part in the balancing. Default none. */
  readonly queue?: readonly Tensor[];
}

export interface SwavOptions extends SinkhornOptions {
  /** τ of the predictions. Above 0. Default 0.1. */
  readonly temperature?: number;
}

/**
 * Cosines between embeddings and prototypes: (N, K).
 *
 * @param embeddings (N, D). @param prototypes (K, D). Rows of both are normalised inside.
 */
export function prototypeScores(embeddings: Tensor, prototypes: Tensor): Tensor {
  checkBank('prototypeScores', prototypes, embeddings);
  return products(l2Normalize(embeddings), l2Normalize(prototypes));
}

/**
 * SwAV (Caron et al., 2020): every view predicts the balanced assignment of each large crop of the same image. The mean
 * over large crops of the mean over the other views of the cross-entropy; assignments carry no gradient.
 */
export function swav({ high, low = [], queue }: SwavScores, options: SwavOptions = {}): PairLoss {
  const { temperature = 0.1, ...balancing } = options;
  checkViews(high, low, queue);
  checkAbove('swav', 'temperature', temperature);
  const predictions = [...high, ...low].map((scores) => logSoftmax(tf.div(scores, temperature)));
  const losses = high.map((scores, assigning) => {
    const assignment = swavAssignment(scores, queue?.[assigning], balancing);
    const others = predictions.filter((_, view) => view !== assigning);
    return meanTensor(others.map((prediction) => softCrossEntropy(assignment, prediction).perSample));
  });
  return pairLoss(meanTensor(losses));
}

/**
 * SwAV's targets: {@link sinkhorn} of the scores, balanced together with those of earlier batches where there are any.
 *
 * @param scores (N, K). @param earlier (M, K), or undefined. @returns (N, K), without gradient.
 */
export function swavAssignment(scores: Tensor, earlier?: Tensor, options: SinkhornOptions = {}): Tensor {
  if (!earlier) return sinkhorn(scores, options);
  return tf.slice(sinkhorn(tf.concat([scores, earlier], 0), options), [0, 0], scores.shape as [number, number]);
}

function checkViews(high: readonly Tensor[], low: readonly Tensor[], queue: readonly Tensor[] | undefined): void {
  if (high.length === 0 || high.length + low.length < 2 || (queue && queue.length !== high.length)) {
    throw new SceneError({
      code: 'SWAV_VIEWS',
      expected: 'at least two views, one of them large, and a queue for every large one or none',
      found: `${high.length} large and ${low.length} small views, ${queue?.length ?? 'no'} queues`,
      where: 'swav',
      fix: 'Pass the scores of both global crops as high.',
    });
  }
  const named = [...high, ...low].map((scores, view) => [`view ${view}`, scores] as const);
  checkSameShape('swav', Object.fromEntries(named));
  for (const earlier of queue ?? []) checkBank('swav', earlier, high[0]!);
}
