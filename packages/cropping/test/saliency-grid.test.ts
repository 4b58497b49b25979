import { componentWeight, HeatMap, pairScore, saliencyGrid, salientComponents, windowMean } from '@ssl-scene/cropping';
import { randomStream } from '@ssl-scene/random';
import { casesOf, expectClose } from '@ssl-scene/vitest-config/golden';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { available, boxOf, type RelativeBox } from './golden-crops.ts';

const mapOf = (rows: readonly (readonly number[])[]) => ({
  width: rows[0]!.length,
  height: rows.length,
  data: rows.flat(),
});

/** The map of the specification: 1 at row 1, column 2, and a third below it. */
const SPEC_MAP = mapOf([
  [0, 0, 0, 0],
  [0, 0, 1, 0],
  [0, 0, 1 / 3, 0],
  [0, 0, 0, 0],
]);

describe.skipIf(!available)('saliency grids equal the reference (needs shared/golden)', () => {
  it.each(casesOf('crops', 'sgclActiveSet'))('$id', ({ args, expected, tol }) => {
    const grid = saliencyGrid(mapOf(args.map), args.grid, args.grid);
    const components = salientComponents(grid, { tau: args.tau, gamma: 1 });
    const { starts, count } = components;
    const parts = Array.from({ length: count }, (_, part) => part);
    const descending = (values: number[]): number[] => values.sort((a, b) => b - a);
    const middle = Math.floor(args.grid / 2) * args.grid;
    const got = {
      size: grid.height,
      meanU: grid.mean,
      activeCount: components.cells.length,
      components: count,
      componentSizes: descending(parts.map((part) => starts[part + 1]! - starts[part]!)),
      componentSaliency: descending(parts.map((part) => componentWeight(components, part))),
      row: grid.values.slice(middle, middle + args.grid),
    };
    expectClose(got, expected, tol);
  });

  it.each(casesOf('crops', 'sgclScore'))('scores of windows, $id', ({ args, expected, tol }) => {
    const grid = saliencyGrid(mapOf(args.map), args.grid, args.grid);
    expectClose(
      args.windows.map((window: RelativeBox) => windowMean(grid, boxOf(window))),
      expected,
      tol,
    );
  });

  it.each(casesOf('crops', 'windowMean'))('means of windows, $id', ({ args, expected, tol }) => {
    const map = mapOf(args.map);
    const grid = saliencyGrid(map, map.width, map.height);
    expectClose(
      args.windows.map((window: RelativeBox) => windowMean(grid, boxOf(window))),
      expected,
      tol,
    );
  });
});

describe('saliencyGrid', () => {
  it('gives the conformance vector of the specification', () => {
    const grid = saliencyGrid(SPEC_MAP, 8, 8);
    const column = (x: number): number[] => Array.from({ length: 8 }, (_, y) => grid.values[y * 8 + x]!);
    expectClose(column(4), [0, 0.3, 0.9, 1, 0.6, 0.3, 0.1, 0], { abs: 1e-12 });
    expectClose(column(5), column(4), { abs: 1e-12 });
    expectClose(column(3), [0, 0.1, 0.3, 1 / 3, 0.2, 0.1, 1 / 30, 0], { abs: 1e-12 });
    expectClose(column(6), column(3), { abs: 1e-12 });
    expect([...column(0), ...column(1), ...column(2), ...column(7)].every((value) => value === 0)).toBe(true);
    expect(grid.mean).toBeCloseTo(0.13333333, 8);
    expect(windowMean(grid, { y0: 0.25, x0: 0.5, y1: 0.75, x1: 0.9 })).toBeCloseTo(0.51041667, 8);
    const { count, boxes } = salientComponents(grid, { tau: 0.5, gamma: 1 });
    expect(count).toBe(1);
    expect([...boxes]).toEqual([4, 2, 6, 5]);
  });

  it.each([
    ['constant', [7, 7, 7, 7]],
    ['all zero, as before the first refresh', [0, 0, 0, 0]],
    ['not a number somewhere', [0, Number.NaN, 1, 2]],
    ['infinite somewhere', [0, 1, Number.POSITIVE_INFINITY, 2]],
    ['equal up to a millionth', [1, 1 + 1e-8, 1, 1]],
  ])('is uniform, all ones and of score exactly 1, for a map that is %s', (_, data) => {
    const grid = saliencyGrid({ width: 2, height: 2, data }, 16, 16);
    expect(grid.uniform).toBe(true);
    expect(grid.values.every((value) => value === 1)).toBe(true);
    expect(grid.mean).toBe(1);
    expect(windowMean(grid, { x0: 0.123, y0: 0.2, x1: 0.77, y1: 0.81 })).toBe(1);
  });

  it('handles maps and grids that are not square', () => {
    const grid = saliencyGrid({ width: 3, height: 1, data: [0, 1, 0] }, 6, 2);
    expect([...grid.values]).toEqual([0, 1 / 3, 1, 1, 1 / 3, 0, 0, 1 / 3, 1, 1, 1 / 3, 0]);
  });
});

describe('windowMean', () => {
  it('equals the loop over cells, each by the share that the window covers', () => {
    const windows = fc.record({
      left: fc.double({ min: 0, max: 0.9, noNaN: true }),
      top: fc.double({ min: 0, max: 0.9, noNaN: true }),
      width: fc.double({ min: 0.01, max: 0.1, noNaN: true }),
      height: fc.double({ min: 0.01, max: 1, noNaN: true }),
      values: fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 12, maxLength: 12 }),
    });
    fc.assert(
      fc.property(windows, ({ left, top, width, height, values }) => {
        const grid = saliencyGrid({ width: 4, height: 3, data: [0, 9, ...values.slice(2)] }, 4, 3);
        const window = { x0: left, y0: top, x1: Math.min(left + width, 1), y1: Math.min(top + height, 1) };
        let [sum, area] = [0, 0];
        for (let y = 0; y < 3; y++) {
          for (let x = 0; x < 4; x++) {
            const across = Math.max(0, Math.min(x + 1, window.x1 * 4) - Math.max(x, window.x0 * 4));
            const down = Math.max(0, Math.min(y + 1, window.y1 * 3) - Math.max(y, window.y0 * 3));
            sum += grid.values[y * 4 + x]! * across * down;
            area += across * down;
          }
        }
        expect(windowMean(grid, window)).toBeCloseTo(sum / area, 9);
      }),
      { seed: 4, numRuns: 300 },
    );
  });

  it('is not below 0 where nothing is salient, so that pairs have a score', () => {
    const random = randomStream(1, 'maps');
    const means = Array.from({ length: 200 }, () => {
      const data = Array.from({ length: 144 }, (_, place) => (place < 72 ? random.uniform() : 0));
      const grid = saliencyGrid({ width: 12, height: 12, data }, 48, 48);
      const [x0, y0] = [random.uniform(0, 0.7), random.uniform(0.6, 0.7)];
      return windowMean(grid, { x0, y0, x1: x0 + 0.2, y1: y0 + 0.25 });
    });
    expect(Math.min(...means)).toBe(0);
    expect(means.map((mean) => pairScore(mean, 1)).every(Number.isFinite)).toBe(true);
  });

  it('refuses windows without an area or outside the image', () => {
    const grid = saliencyGrid(SPEC_MAP, 8, 8);
    for (const window of [
      { x0: 0.5, y0: 0, x1: 0.5, y1: 1 },
      { x0: 0, y0: 0, x1: 1.1, y1: 1 },
      { x0: Number.NaN, y0: 0, x1: 1, y1: 1 },
    ]) {
      expect(() => windowMean(grid, window)).toThrow(/BAD_WINDOW/);
    }
  });
});

describe('HeatMap', () => {
  it('makes a grid and its parts once for all views of an image', () => {
    const map = new HeatMap(SPEC_MAP);
    expect(map.grid(2)).toBe(map.grid(2));
    expect(map.grid(2)).not.toBe(map.grid(3));
    const rule = { tau: 0.5, gamma: 1 };
    expect(map.components(2, rule)).toBe(map.components(2, { ...rule }));
    expect(map.components(2, rule)).not.toBe(map.components(2, { tau: 0.2, gamma: 1 }));
  });

  it('refuses sides and values that do not fit together', () => {
    expect(() => new HeatMap({ width: 2, height: 2, data: [1, 2, 3] })).toThrow(/BAD_HEAT_MAP.*2 x 2 and 3/);
    expect(() => new HeatMap({ width: 0, height: 2, data: [] })).toThrow(/BAD_HEAT_MAP/);
  });
});
