import { isSceneError } from '@ssl-scene/errors';
import { type Connectivity, connectedComponents, integralImage, windowSum } from '@ssl-scene/geometry';
import { casesOf, expectClose } from '@ssl-scene/vitest-config/golden';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const componentCases = casesOf('geometry', 'connectedComponents');
describe.skipIf(componentCases.length === 0)('connected components (needs shared/golden)', () => {
  it.each(componentCases)('$id', ({ args, expected }) => {
    const { count, labels, sizes, boxes } = connectedComponents(args.mask, args.connectivity);
    expect(count).toBe(expected.count);
    expect(Array.from(labels)).toEqual(expected.labels);
    expect(Array.from(sizes)).toEqual(expected.sizes);
    const corners = expected.boxes.flatMap(([x, y, width, height]: number[]) => [x, y, x! + width!, y! + height!]);
    expect(Array.from(boxes)).toEqual(corners);
  });
});

const integralCases = casesOf('geometry', 'integralImage');
describe.skipIf(integralCases.length === 0)('integral images (needs shared/golden)', () => {
  it.each(integralCases)('$id', ({ args, expected, tol }) => {
    const { map } = args;
    const integral = integralImage(
      Array.isArray(map)
        ? { width: map[0].length, height: map.length, data: map.flat() }
        : { ...map, data: new Float64Array(map.width * map.height).fill(map.constant) },
    );
    const sums = args.windows.map(([x, y, w, h]: [number, number, number, number]) => windowSum(integral, x, y, w, h));
    expectClose(sums, expected.windowSums, tol);
    expectClose(windowSum(integral, 0, 0, integral.width, integral.height), expected.total, tol);
    if (expected.integral !== undefined) expectClose(integral.sums, expected.integral.flat(), tol);
  });
});

const mask = fc
  .tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 }))
  .chain(([width, height]) =>
    fc
      .array(fc.constantFrom(0, 0, 1, 255), { minLength: width * height, maxLength: width * height })
      .map((data) => ({ width, height, data })),
  );

describe('connected components', () => {
  it('are what flooding from each first pixel reaches', () => {
    fc.assert(
      fc.property(mask, fc.constantFrom<Connectivity>(4, 8), (given, connectivity) => {
        const { labels, sizes } = connectedComponents(given, connectivity);
        expect(Array.from(labels)).toEqual(floodLabels(given, connectivity));
        expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(given.data.filter((value) => value !== 0).length);
      }),
    );
  });

  it('joins by corners unless told otherwise', () => {
    expect(connectedComponents({ width: 2, height: 2, data: [1, 0, 0, 1] }).count).toBe(1);
  });
});

describe('window sums', () => {
  it('equal a loop', () => {
    fc.assert(
      fc.property(mask, fc.nat(), fc.nat(), fc.nat(), fc.nat(), (given, a, b, c, d) => {
        const x = a % (given.width + 1);
        const y = b % (given.height + 1);
        const width = c % (given.width - x + 1);
        const height = d % (given.height - y + 1);
        let sum = 0;
        for (let row = y; row < y + height; row++) {
          for (let column = x; column < x + width; column++) sum += given.data[row * given.width + column]!;
        }
        expect(windowSum(integralImage(given), x, y, width, height)).toBe(sum);
      }),
    );
  });
});

describe('bad arguments', () => {
  const square = integralImage({ width: 2, height: 2, data: [1, 2, 3, 4] });
  it.each<[string, () => unknown]>([
    ['BAD_MAP', () => integralImage({ width: 2, height: 2, data: [1] })],
    ['BAD_MAP', () => connectedComponents({ width: 0, height: 2, data: [] })],
    ['BAD_CONNECTIVITY', () => connectedComponents({ width: 1, height: 1, data: [1] }, 6 as Connectivity)],
    ['WINDOW_OUTSIDE', () => windowSum(square, 1, 0, 2, 1)],
    ['WINDOW_OUTSIDE', () => windowSum(square, 0, 0, -1, 1)],
    ['WINDOW_OUTSIDE', () => windowSum(square, 0.5, 0, 1, 1)],
  ])('%s: %s', (code, call) => {
    let caught: unknown;
    try {
      call();
    } catch (error) {
      caught = error;
    }
    expect(isSceneError(caught) && caught.code).toBe(code);
  });
});

function floodLabels(given: { width: number; height: number; data: number[] }, connectivity: Connectivity): number[] {
  const { width, height, data } = given;
  const labels = data.map(() => 0);
  let count = 0;
  const flood = (x: number, y: number): void => {
    if (x < 0 || y < 0 || x >= width || y >= height) return;
    const at = y * width + x;
    if (data[at] === 0 || labels[at] !== 0) return;
    labels[at] = count;
    for (const dy of [-1, 0, 1]) {
      for (const dx of [-1, 0, 1]) if (connectivity === 8 || dx === 0 || dy === 0) flood(x + dx, y + dy);
    }
  };
  data.forEach((value, at) => {
    if (value === 0 || labels[at] !== 0) return;
    count++;
    flood(at % width, Math.floor(at / width));
  });
  return labels;
}
