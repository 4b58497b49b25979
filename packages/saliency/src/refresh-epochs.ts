import { SceneError } from '@ssl-scene/errors';

export interface RefreshSchedule {
  /** Epochs of the run. */
  readonly epochs: number;
  /** Epochs before boxes guide the crops; the run's length means never. */
  readonly warmup: number;
  /** A refresh follows every epoch that is a multiple of this. */
  readonly interval: number;
}

/**
 * After which epochs (counted from 1) the boxes are computed anew, and from which one on they guide the crops:
 * ContrastiveCrop's schedule. No refresh after the last epoch, since nothing would use it.
 */
export function refreshEpochs({ epochs, warmup, interval }: RefreshSchedule): { after: number[]; useBoxFrom: number } {
  for (const [name, value, least] of [
    ['epochs', epochs, 1],
    ['warmup', warmup, 0],
    ['interval', interval, 1],
  ] as const) {
    if (Number.isInteger(value) && value >= least) continue;
    throw new SceneError({
      code: 'REFRESH_SCHEDULE',
      expected: `a whole number of at least ${least}`,
      found: String(value),
      where: `refreshEpochs, option ${name}`,
      fix: 'Epochs are counted whole; the paper takes warmup = interval = a fifth of the epochs.',
    });
  }
  const after: number[] = [];
  for (let epoch = Math.max(1, warmup); epoch < epochs; epoch++) if (epoch % interval === 0) after.push(epoch);
  return { after, useBoxFrom: warmup + 1 };
}
