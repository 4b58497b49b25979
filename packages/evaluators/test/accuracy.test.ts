import { perClassAccuracy, topKAccuracy } from '@ssl-scene/evaluators';
import { casesOf } from '@ssl-scene/vitest-config/golden';
import { describe, expect, it } from 'vitest';

const goldenCases = casesOf('classification-metrics', 'topK');

describe.skipIf(goldenCases.length === 0)('topKAccuracy, golden values (needs shared/golden)', () => {
  it.each(goldenCases)('$id', ({ args, expected }) => {
    const classes = args.logits[0].length;
    const top = (k: number): number => topKAccuracy(args.logits.flat(), args.labels, classes, k);
    if (expected.lowerIndexFirst !== undefined) expect(top(1)).toBeCloseTo(expected.lowerIndexFirst, 12);
    else for (const [k, want] of Object.entries(expected)) expect(top(Number(k))).toBeCloseTo(want as number, 12);
  });
});

describe('accuracies', () => {
  it('topKAccuracy leaves unlabelled rows out', () => {
    expect(topKAccuracy([0.2, 0.8, 0.9, 0.1], [1, -1], 2, 1)).toBe(1);
    expect(topKAccuracy([0.2, 0.8], [-1], 2, 1)).toBeNaN();
  });

  it('perClassAccuracy gives a number per class, NaN for one without rows', () => {
    expect([...perClassAccuracy([0, 1, 1, 2], [0, 0, 1, -1], 3)]).toEqual([0.5, 1, Number.NaN]);
  });

  it('refuse labels that do not fit', () => {
    expect(() => topKAccuracy([1, 2], [0, 1], 2, 1)).toThrow(/LABEL_COUNT/);
    expect(() => topKAccuracy([1, 2], [2], 2, 1)).toThrow(/LABEL_RANGE/);
    expect(() => topKAccuracy([1, 2], [1], 2, 0)).toThrow(/TOP_K/);
    expect(() => perClassAccuracy([0, 1], [0], 2)).toThrow(/LABEL_COUNT/);
  });
});
