import type { Batch, ViewLoader } from '@ssl-scene/views';

/** A batch's content in memory of its own. */
export interface CopiedBatch {
  epoch: number;
  step: number;
  indices: number[];
  views: Record<string, number[]>;
  crops: Record<string, number[]>;
  imageSizes: Record<string, number[]>;
  flips: Record<string, number[]>;
  blankRows: number[];
  scores?: Record<string, number[]>;
  partners?: number[];
}

const copies = (arrays: Readonly<Record<string, ArrayLike<number>>>): Record<string, number[]> =>
  Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, Array.from(array)]));

export function copyOf(batch: Batch): CopiedBatch {
  const { epoch, step, indices, partners, views, crops, imageSizes, flips, scores, blankRows } = batch;
  return {
    epoch,
    step,
    indices: [...indices],
    views: copies(views),
    crops: copies(crops),
    imageSizes: copies(imageSizes),
    flips: copies(flips),
    blankRows: [...blankRows],
    ...(scores && { scores: copies(scores) }),
    ...(partners && { partners: [...partners] }),
  };
}

/** All batches of some epochs, released one by one. */
export async function collect(
  loader: ViewLoader,
  epochs: readonly number[] = [0],
  fromStep = 0,
): Promise<CopiedBatch[]> {
  const batches: CopiedBatch[] = [];
  for (const epoch of epochs) {
    for await (const batch of loader.epoch(epoch, fromStep)) {
      batches.push(copyOf(batch));
      batch.release();
    }
  }
  return batches;
}
