import { refreshEpochs } from '@ssl-scene/saliency';
import { changesInTraining, type RegionOptions } from './region-options.ts';

/** When regions are computed and used: a pure function of the options. */
export interface RegionSchedule {
  /** Whether they are computed before the first step. */
  readonly atStart: boolean;
  /** After which epochs, counted from 0, they are computed anew. */
  readonly after: readonly number[];
  /** The first epoch, counted from 0, whose croppers use them. */
  readonly useFrom: number;
}

/** ContrastiveCrop's schedule for a network that learns; once and for all where maps cannot change. */
export function regionSchedule(regions: RegionOptions, epochs: number): RegionSchedule {
  if (!changesInTraining(regions)) {
    const { warmup = 0 } = regions;
    const { useBoxFrom } = refreshEpochs({ epochs, warmup, interval: epochs });
    return { atStart: useBoxFrom <= epochs, after: [], useFrom: useBoxFrom - 1 };
  }
  const fifth = Math.max(1, Math.round(epochs / 5));
  const { warmup = fifth, interval = fifth } = regions;
  const { after, useBoxFrom } = refreshEpochs({ epochs, warmup, interval });
  return { atStart: false, after: after.map((epoch) => epoch - 1), useFrom: useBoxFrom - 1 };
}
