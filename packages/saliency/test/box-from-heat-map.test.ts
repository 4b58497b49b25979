import { boxFromHeatMap, minMaxNormalise, upsampleBilinear } from '@ssl-scene/saliency';
import { casesOf, expectClose } from '@ssl-scene/vitest-config/golden';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const goldenBoxes = casesOf('crops', 'boxFromHeatmap');
const goldenResizes = casesOf(['layers', 'numerics-layers'], 'interpolateBilinear');

const numbers = (rows: (number | string)[][]): number[] => rows.flat().map(Number);

/** Row, column, row, column as the specification and the golden file order them. */
const edges = ({ box }: ReturnType<typeof boxFromHeatMap>): number[] => [box.y0, box.x0, box.y1, box.x1];

describe.skipIf(goldenBoxes.length === 0)('boxFromHeatMap, golden values (needs shared/golden)', () => {
  it.each(goldenBoxes)('$id, from either precision', ({ args, expected, tol }) => {
    for (const type of [Float64Array, Float32Array]) {
      const got = boxFromHeatMap(type.from(numbers(args.map)), args.map.length, args.map[0].length, {
        inputHeight: args.inputHeight,
        inputWidth: args.inputWidth,
        threshold: args.threshold,
        edges: 'last-index',
      });
      expectClose(edges(got), expected, tol);
    }
  });
});

describe.skipIf(goldenResizes.length === 0)('upsampleBilinear, golden values (needs shared/golden)', () => {
  it.each(goldenResizes)('$id', ({ args, expected, tol }) => {
    args.x.forEach((image: number[][][], n: number) => {
      image.forEach((plane, c) => {
        const got = upsampleBilinear(numbers(plane), [plane.length, plane[0]!.length], args.size);
        expectClose([...got], expected.y[n][c].flat(), tol);
      });
    });
  });
});

describe('upsampleBilinear', () => {
  it('gives the conformance vector of the specification', () => {
    const rows = [0, 0.0625, 0.1875, 0.25, 0.125, 0.203125, 0.359375, 0.4375];
    const more = [0.375, 0.484375, 0.703125, 0.8125, 0.5, 0.625, 0.875, 1];
    expect([...upsampleBilinear([0, 0.25, 0.5, 1], [2, 2], [4, 4])]).toEqual([...rows, ...more]);
  });

  it('leaves a map of the same size as it is', () => {
    expect([...upsampleBilinear([1, 2, 3, 4, 5, 6], [2, 3], [2, 3])]).toEqual([1, 2, 3, 4, 5, 6]);
  });
});

describe('minMaxNormalise', () => {
  it('A18: spreads the values from 0 to 1', () => {
    const { values, constant } = minMaxNormalise([1, 3, 4, -7]);
    expectClose([...values], [8 / 11, 10 / 11, 1, 0], { abs: 1e-15 });
    expect(constant).toBe(false);
  });

  it.each([
    ['constant', [2, 2, 2]],
    ['all zero', [0, 0, 0]],
    ['not a number somewhere', [0, Number.NaN, 1]],
    ['infinite somewhere', [0, Number.POSITIVE_INFINITY, 1]],
    ['equal up to float32 rounding', [...Float32Array.of(1000, 1000.0001, 1000)]],
    ['empty', []],
  ])('A17: a map that is %s becomes finite zeros, flagged', (_, map) => {
    const { values, constant } = minMaxNormalise(map);
    expect([...values]).toEqual(map.map(() => 0));
    expect(constant).toBe(true);
  });

  it('keeps small differences that are none of rounding', () => {
    expect(minMaxNormalise([1e-6, 2e-6]).constant).toBe(false);
    expect(minMaxNormalise([1000, 1000.01]).constant).toBe(false);
  });
});

describe('boxFromHeatMap', () => {
  const peak = [1, 1, 1, 1, 1, 1, 4, 1, 1, 1, 2, 1, 1, 1, 1, 1];
  const at32 = { inputHeight: 32, inputWidth: 32 };

  it('gives the conformance vectors of the specification', () => {
    const box = (map: number[], side: number, input: number, threshold: number): number[] =>
      edges(boxFromHeatMap(map, side, side, { inputHeight: input, inputWidth: input, threshold, edges: 'last-index' }));
    expect(box(peak, 4, 32, 0.1)).toEqual([0.15625, 0.40625, 0.75, 0.8125]);
    expect(box(peak, 4, 32, 0.5)).toEqual([0.25, 0.5, 0.53125, 0.71875]);
    expect(box([0, 0.25, 0.5, 1], 2, 8, 0.1)).toEqual([0, 0, 0.875, 0.875]);
    expect(box([0, 0.25, 0.5, 1], 2, 8, 0.3)).toEqual([0.25, 0, 0.875, 0.875]);
  });

  it('ends after the last active pixel by default, one pixel later than the reference', () => {
    const full = boxFromHeatMap(peak, 4, 4, at32);
    expect(edges(full)).toEqual([0.15625, 0.40625, 0.75 + 1 / 32, 0.8125 + 1 / 32]);
    expect(full).toMatchObject({ constant: false, empty: false, whole: false });
  });

  it('A14: a constant map gives the whole image, flagged, whatever the edges', () => {
    for (const edgeRule of ['full', 'last-index'] as const) {
      const got = boxFromHeatMap(new Float32Array(16).fill(3), 4, 4, { ...at32, edges: edgeRule });
      expect(got).toEqual({
        box: { x0: 0, y0: 0, x1: 1, y1: 1 },
        constant: true,
        empty: false,
        whole: true,
        activeArea: 0,
      });
    }
  });

  it('A14: a threshold above every enlarged value gives the whole image, flagged', () => {
    const got = boxFromHeatMap(peak, 4, 4, { ...at32, threshold: 0.999 });
    expect(got).toMatchObject({ empty: true, whole: true, constant: false, box: { x0: 0, y0: 0, x1: 1, y1: 1 } });
  });

  it('compares strictly: a threshold of 0 leaves out the least value', () => {
    const got = boxFromHeatMap([0, 0, 0, 1], 1, 4, { inputHeight: 1, inputWidth: 4, threshold: 0 });
    expect(edges(got)).toEqual([0, 0.75, 1, 1]);
  });

  it('takes the largest part where asked', () => {
    const map = [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 1];
    const options = { inputHeight: 4, inputWidth: 4, threshold: 0.5 };
    expect(edges(boxFromHeatMap(map, 4, 4, options))).toEqual([0, 0, 1, 1]);
    const largest = boxFromHeatMap(map, 4, 4, { ...options, component: 'largest' });
    expect(edges(largest)).toEqual([0.5, 0.5, 1, 1]);
    expect(largest.whole).toBe(false);
    expect(largest.activeArea).toBe(5 / 16);
  });

  it('takes a percentile as numpy does', () => {
    const map = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
    const share = (percentile: number): number =>
      boxFromHeatMap(map, 1, 10, { inputHeight: 1, inputWidth: 10, threshold: { percentile } }).activeArea;
    expect(share(80)).toBe(0.2);
    expect(share(50)).toBe(0.5);
    expect(share(0)).toBe(0.9);
  });

  it('A15: Otsu’s threshold separates an object from a raised background where 0.1 takes everything', () => {
    const map = Array.from({ length: 64 }, (_, i) => {
      const [row, column] = [i >> 3, i & 7];
      if (i === 0) return 0;
      return row >= 2 && row < 5 && column >= 3 && column < 6 ? 10 : 3 + (i % 3) * 0.2;
    });
    const options = { inputHeight: 8, inputWidth: 8 };
    expect(boxFromHeatMap(map, 8, 8, options).whole).toBe(true);
    expect(edges(boxFromHeatMap(map, 8, 8, { ...options, threshold: 'otsu' }))).toEqual([2 / 8, 3 / 8, 5 / 8, 6 / 8]);
  });

  it('the box shrinks as the threshold rises, lies in the image, and holds every active pixel', () => {
    const maps = fc.record({
      height: fc.integer({ min: 1, max: 6 }),
      width: fc.integer({ min: 1, max: 6 }),
      inputHeight: fc.integer({ min: 1, max: 20 }),
      inputWidth: fc.integer({ min: 1, max: 20 }),
      values: fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 36, maxLength: 36 }),
    });
    fc.assert(
      fc.property(maps, ({ height, width, values, ...input }) => {
        const map = values.slice(0, height * width);
        const [low, high] = [0.2, 0.6].map((threshold) => boxFromHeatMap(map, height, width, { ...input, threshold }));
        if (high!.constant || high!.empty) return;
        expect(low!.activeArea).toBeGreaterThanOrEqual(high!.activeArea);
        const [outer, inner] = [low!.box, high!.box];
        expect(outer.x0 <= inner.x0 && outer.y0 <= inner.y0 && outer.x1 >= inner.x1 && outer.y1 >= inner.y1).toBe(true);
        expect(0 <= outer.x0 && outer.x0 < outer.x1 && outer.x1 <= 1 && outer.y0 < outer.y1).toBe(true);
        const area = (inner.x1 - inner.x0) * (inner.y1 - inner.y0);
        expect(area).toBeGreaterThanOrEqual(high!.activeArea - 1e-12);
      }),
      { numRuns: 200, seed: 3 },
    );
  });

  it('refuses bad input, saying what and where', () => {
    expect(() => boxFromHeatMap([1, 2, 3], 2, 2, at32)).toThrow(/HEAT_MAP_SHAPE.*2 × 2 values.*found 3/);
    for (const threshold of [-0.1, 1, Number.NaN, { percentile: 100 }] as const) {
      expect(() => boxFromHeatMap(peak, 4, 4, { ...at32, threshold })).toThrow(/THRESHOLD/);
    }
    expect(() => boxFromHeatMap(peak, 4, 4, { ...at32, inputWidth: 0 })).toThrow(/HEAT_MAP_OPTION.*inputWidth/);
    expect(() => boxFromHeatMap(peak, 4, 4, { ...at32, edges: 'half' as 'full' })).toThrow(/HEAT_MAP_OPTION.*edges/);
    expect(() => boxFromHeatMap(peak, 4, 4, { ...at32, component: 'any' as 'all' })).toThrow(/component/);
  });
});
