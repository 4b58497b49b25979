import { refreshEpochs } from '@ssl-scene/saliency';
import { casesOf } from '@ssl-scene/vitest-config/golden';
import { describe, expect, it } from 'vitest';

const goldenCases = casesOf(['schedules', 'numerics-schedules'], 'localisationEpochs');

describe.skipIf(goldenCases.length === 0)('refreshEpochs, golden values (needs shared/golden)', () => {
  it.each(goldenCases)('$id', ({ args, expected }) => {
    expect(refreshEpochs(args)).toEqual(expected);
  });
});

describe('refreshEpochs', () => {
  it('is the plain loop of the specification', () => {
    for (const epochs of [1, 2, 7, 20]) {
      for (const warmup of [0, 1, 3, 20]) {
        for (const interval of [1, 2, 5]) {
          const after: number[] = [];
          for (let e = 1; e <= epochs; e++) if (e >= warmup && e !== epochs && e % interval === 0) after.push(e);
          expect(refreshEpochs({ epochs, warmup, interval })).toEqual({ after, useBoxFrom: warmup + 1 });
        }
      }
    }
  });

  it('a warm-up as long as the run never refreshes: the random-crop baseline', () => {
    expect(refreshEpochs({ epochs: 50, warmup: 50, interval: 10 })).toEqual({ after: [], useBoxFrom: 51 });
  });

  it('refuses numbers that are no counts', () => {
    expect(() => refreshEpochs({ epochs: 0, warmup: 0, interval: 1 })).toThrow(/REFRESH_SCHEDULE.*epochs/);
    expect(() => refreshEpochs({ epochs: 5, warmup: -1, interval: 1 })).toThrow(/warmup/);
    expect(() => refreshEpochs({ epochs: 5, warmup: 0, interval: 0.5 })).toThrow(/interval/);
  });
});
