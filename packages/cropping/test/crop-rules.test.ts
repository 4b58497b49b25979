import { boxWindow, contrastivePlace, cropSize, fallbackCrop, fits, usableBoxes } from '@ssl-scene/cropping';
import { describe, expect, it } from 'vitest';
import { available, boxOf, goldenCases, type RelativeBox } from './golden-crops.ts';

interface PlaceArgs {
  readonly width: number;
  readonly height: number;
  readonly w: number;
  readonly h: number;
  readonly box: RelativeBox;
  readonly u: number;
  readonly v: number;
}

describe.skipIf(!available)('rules without chance equal the reference (needs shared/golden)', () => {
  it.each(
    goldenCases<
      { cases: readonly { width: number; height: number; areaFraction: number; ratio: number }[] },
      readonly { w: number; h: number; fits: boolean }[]
    >('cropSize'),
  )('sizes of crops', ({ args, expected }) => {
    const sizes = args.cases.map(({ width, height, areaFraction, ratio }) => {
      const size = cropSize(width, height, areaFraction, ratio);
      return { w: size.width, h: size.height, fits: fits(size, width, height) };
    });
    expect(sizes).toEqual(expected);
  });

  it.each(
    goldenCases<
      { cases: readonly { width: number; height: number; ratio: [number, number] }[] },
      readonly (readonly number[])[]
    >('randomResizedCropFallback'),
  )('fallback', ({ args, expected }) => {
    const crops = args.cases.map(({ width, height, ratio }) => {
      const crop = fallbackCrop(width, height, ratio);
      return [crop.x, crop.y, crop.width, crop.height];
    });
    expect(crops).toEqual(expected);
  });

  const places = goldenCases<{ cases: readonly PlaceArgs[]; legacyClamp?: boolean }, readonly object[]>(
    'contrastiveCropPlace',
  );
  it.each(places)('contrastive places, $id', ({ args, expected }) => {
    const placed = args.cases.map(({ width, height, w, h, box, u, v }) => {
      const place = { width, height, cropWidth: w, cropHeight: h, box: boxOf(box), u, v };
      const { rows, columns, x, y } = contrastivePlace({ ...place, legacyClamp: args.legacyClamp ?? false });
      return { rows, cols: columns, i: y, j: x };
    });
    expect(placed).toEqual(expected);
  });

  it('has reference values for both clamps', () => {
    expect(places.map(({ args }) => args.legacyClamp ?? false).sort()).toEqual([false, true]);
  });
});

describe('conformance vectors of the ContrastiveCrop specification', () => {
  it('32 x 32, a crop of 16 x 20', () => {
    const box = { x0: 0.25, y0: 0.25, x1: 0.75, y1: 0.75 };
    const place = contrastivePlace({ width: 32, height: 32, cropWidth: 16, cropHeight: 20, box, u: 0.9, v: 0.1 });
    expect(place).toEqual({ rows: [0, 12], columns: [0, 16], y: 10, x: 1 });
  });

  it('500 x 375, a crop of 300 x 200', () => {
    const box = { y0: 0.05, x0: 0.6, y1: 0.5, x1: 0.98 };
    const place = contrastivePlace({ width: 500, height: 375, cropWidth: 300, cropHeight: 200, box, u: 0.02, v: 0.97 });
    expect(place).toEqual({ rows: [0, 87], columns: [150, 200], y: 1, x: 198 });
  });
});

describe('fallback', () => {
  it('A02: never loses a side to an extreme ratio', () => {
    expect(fallbackCrop(32, 32, [100, 100])).toEqual({ x: 0, y: 15, width: 32, height: 1 });
    expect(fallbackCrop(32, 32, [0.01, 0.01])).toEqual({ x: 15, y: 0, width: 1, height: 32 });
  });

  it('A03: lies inside the image, centred, for every small image and ratio', () => {
    for (const ratio of [
      [3 / 4, 4 / 3],
      [100, 100],
      [0.01, 0.02],
      [1, 1],
    ] as const) {
      for (let width = 1; width < 30; width++) {
        for (let height = 1; height < 30; height++) {
          const { x, y, width: w, height: h } = fallbackCrop(width, height, ratio);
          expect(w > 0 && h > 0 && x >= 0 && y >= 0 && x + w <= width && y + h <= height).toBe(true);
          expect(Math.abs(2 * x + w - width) <= 1 && Math.abs(2 * y + h - height) <= 1).toBe(true);
        }
      }
    }
  });
});

describe('boxes of objects', () => {
  it('A20: inverted, empty, outside and non-finite boxes are left out and counted', () => {
    const good = { x0: 0.1, y0: 0.2, x1: 0.4, y1: 0.9 };
    const partly = { x0: -0.5, y0: 0.5, x1: 0.5, y1: 1.5 };
    const result = usableBoxes([
      { ...good, x1: 0.05 },
      good,
      { ...good, y1: 0.2 },
      { ...good, x0: 1, x1: 1.5 },
      { ...good, x0: Number.NaN },
      partly,
    ]);
    expect(result).toEqual({ boxes: [good, partly], dropped: 4 });
  });

  it('gives the whole pixels that a box touches', () => {
    expect(boxWindow({ x0: 0.1, y0: 0.26, x1: 0.31, y1: 0.5 }, 10, 100, 0)).toEqual({
      x: 1,
      y: 26,
      width: 3,
      height: 24,
    });
  });

  it('does not let single precision add a pixel', () => {
    const [x0, x1] = new Float32Array([0.1, 0.3]);
    expect(boxWindow({ x0: x0!, y0: 0, x1: x1!, y1: 1 }, 640, 10, 0)).toEqual({ x: 64, y: 0, width: 128, height: 10 });
  });

  it('grows by the margin and stops at the edges', () => {
    const window = boxWindow({ x0: 0.2, y0: 0.8, x1: 0.4, y1: 1 }, 100, 100, 0.5);
    expect(window).toEqual({ x: 10, y: 70, width: 40, height: 30 });
  });

  it('is never empty, not even for a box far smaller than a pixel', () => {
    const window = boxWindow({ x0: 0.9999, y0: 0.5, x1: 0.99991, y1: 0.50001 }, 4, 4, 0);
    expect(window).toEqual({ x: 3, y: 2, width: 1, height: 1 });
  });
});
