import { boxesFromHeatMap, boxFromHeatMap, minMaxNormalise, scdaMask, upsampleNearest } from '@ssl-scene/saliency';
import { casesOf, expectClose } from '@ssl-scene/vitest-config/golden';
import { describe, expect, it } from 'vitest';

const at4 = { inputHeight: 4, inputWidth: 4, threshold: 0.4 };
/** Parts of 1, 4 and 2 places. */
const THREE_PARTS = [9, 0, 0, 0, 0, 0, 5, 5, 0, 0, 5, 5, 8, 8, 0, 0];

describe('boxesFromHeatMap', () => {
  it('gives a box for each part, the more salient in sum first', () => {
    const map = [9, 0, 0, 0, 0, 0, 5, 5, 0, 0, 5, 5, 0, 0, 0, 0];
    const { boxes, constant, activeArea } = boxesFromHeatMap(map, 4, 4, at4);
    expect(constant).toBe(false);
    expect(activeArea).toBe(5 / 16);
    expect(boxes.map(({ box }) => box)).toEqual([
      { x0: 0.5, y0: 0.25, x1: 1, y1: 0.75 },
      { x0: 0, y0: 0, x1: 0.25, y1: 0.25 },
    ]);
    expectClose(
      boxes.map(({ area, saliency }) => [area, saliency]),
      [
        [4 / 16, 5 / 9],
        [1 / 16, 1],
      ],
      { abs: 1e-12 },
    );
  });

  it('gives as many as asked, and leaves out small parts', () => {
    const parts = (options: object): number => boxesFromHeatMap(THREE_PARTS, 4, 4, { ...at4, ...options }).boxes.length;
    expect(parts({})).toBe(2);
    expect(parts({ most: 1 })).toBe(1);
    expect(parts({ threshold: 0.6 })).toBe(2);
    expect(parts({ threshold: 0.6, leastArea: 0.1 })).toBe(1);
  });

  it('A14: gives none for a constant map, flagged, or where nothing is above the threshold', () => {
    expect(boxesFromHeatMap(new Float32Array(16).fill(2), 4, 4, at4)).toEqual({
      boxes: [],
      constant: true,
      activeArea: 0,
    });
    const peak = [0, 0, 0, 0, 0, 1, 0, 0, 0];
    const none = boxesFromHeatMap(peak, 3, 3, { inputHeight: 6, inputWidth: 6, threshold: 0.999 });
    expect(none).toEqual({ boxes: [], constant: false, activeArea: 0 });
  });

  it('refuses limits that are none', () => {
    expect(() => boxesFromHeatMap(THREE_PARTS, 4, 4, { ...at4, most: 0 })).toThrow(/HEAT_MAP_OPTION.*most 0/);
    expect(() => boxesFromHeatMap(THREE_PARTS, 4, 4, { ...at4, leastArea: 2 })).toThrow(/leastArea 2/);
  });
});

describe('options of maps', () => {
  it('upsample: nearest repeats places', () => {
    expect([...upsampleNearest([1, 2, 3, 4], [2, 2], [4, 4])]).toEqual([
      1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4,
    ]);
    const { box } = boxFromHeatMap([0, 1, 0, 0], 2, 2, {
      inputHeight: 8,
      inputWidth: 8,
      threshold: 0.1,
      upsample: 'nearest',
    });
    expect(box).toEqual({ x0: 0.5, y0: 0, x1: 1, y1: 0.5 });
  });

  it('normalise: max keeps a raised background above the threshold', () => {
    const map = [2, 2, 2, 4];
    const input = { inputHeight: 2, inputWidth: 2, threshold: 0.3 };
    expect(boxFromHeatMap(map, 2, 2, input).whole).toBe(false);
    expect(boxFromHeatMap(map, 2, 2, { ...input, normalise: 'max' }).whole).toBe(true);
    expect(boxFromHeatMap([-3, -1, -2, -1], 2, 2, { ...input, normalise: 'max' }).empty).toBe(true);
  });

  it('threshold: { deviations } lies above the mean by so many standard deviations', () => {
    const map = [0, 0, 0, 10, 10, 10, 10, 10, 5, 5];
    const share = (deviations: number): number =>
      boxFromHeatMap(map, 1, 10, { inputHeight: 1, inputWidth: 10, threshold: { deviations } }).activeArea;
    expect(share(0)).toBe(0.5);
    expect(share(-0.5)).toBe(0.7);
    expect(share(-2)).toBe(1);
    expect(() => share(Number.NaN)).toThrow(/THRESHOLD.*threshold\.deviations/);
  });

  it('refuses what there is not', () => {
    expect(() => boxFromHeatMap(THREE_PARTS, 4, 4, { ...at4, upsample: 'cubic' as 'nearest' })).toThrow(/upsample/);
    expect(() => boxFromHeatMap(THREE_PARTS, 4, 4, { ...at4, normalise: 'sum' as 'max' })).toThrow(/normalise/);
  });
});

const scdaCases = casesOf('masking', 'binarise').filter(({ args }) => !args.rowSortBug);

describe.skipIf(scdaCases.length === 0)('scdaMask, golden values (needs shared/golden)', () => {
  it.each(scdaCases)('$id', ({ args, expected, tol }) => {
    const { mask, foreground, mean, deviation } = scdaMask(args.map.flat(), args.map.length, args.map[0].length, {
      relax: args.relax,
    });
    expect([...mask]).toEqual(expected.mask.flat());
    expectClose({ mean, sd: deviation, gamma: foreground }, { ...expected, mask: null, foreground: null }, tol);
  });
});

describe('scdaMask', () => {
  it('keeps the largest part where asked, as SCDA does', () => {
    const { mask, foreground } = scdaMask(
      THREE_PARTS.map((value) => Math.min(value, 5)),
      4,
      4,
      { component: 'largest' },
    );
    expect([...mask]).toEqual([0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 1, 1, 1, 0, 0]);
    expect(foreground).toBe(6 / 16);
  });

  it('is all foreground for a constant map', () => {
    expect(scdaMask(new Array(49).fill(0.1), 7, 7).foreground).toBe(1);
    expect(minMaxNormalise(new Array(49).fill(0.1)).constant).toBe(true);
  });

  it('refuses options that are none', () => {
    expect(() => scdaMask([1, 2], 1, 2, { relax: -1 })).toThrow(/HEAT_MAP_OPTION.*relax -1/);
    expect(() => scdaMask([1, 2], 1, 2, { component: 'most' as 'all' })).toThrow(/component/);
  });
});
