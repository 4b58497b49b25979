import { isSceneError } from '@ssl-scene/errors';
import {
  type BoxFormat,
  boxArea,
  boxAreas,
  boxAt,
  boxGiou,
  boxIntersection,
  boxIou,
  boxList,
  clipBox,
  clipBoxes,
  convertBoxes,
  nms,
  pairwiseCrowdIou,
  pairwiseGiou,
  pairwiseIou,
  toPixelBox,
  toRelativeBox,
  validBoxes,
} from '@ssl-scene/geometry';
import { casesOf, expectClose } from '@ssl-scene/vitest-config/golden';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const cases = (name: string): ReturnType<typeof casesOf> => casesOf('geometry', name);
const available = cases('boxIou').length > 0;

describe.skipIf(!available)('boxes (needs shared/golden)', () => {
  it.each(cases('boxIou'))('$id', ({ args, expected, tol }) => {
    expectClose(pairwiseIou(args.a.flat(), args.b.flat()), expected.flat(), tol);
  });

  it.each(cases('boxGiou'))('$id', ({ args, expected, tol }) => {
    expectClose(pairwiseGiou(args.a.flat(), args.b.flat()), expected.flat(), tol);
  });

  it.each(cases('boxIouCrowd'))('$id', ({ args, expected, tol }) => {
    const corners = (boxes: number[][]): Float64Array => convertBoxes(boxes.flat(), 'xywh', 'xyxy');
    const got = pairwiseCrowdIou(corners(args.detections), corners(args.truths), args.crowd);
    expectClose(got, expected.flat(), tol);
  });

  it.each(cases('convertBoxes'))('$id', ({ args, expected, tol }) => {
    const name = (format: string): BoxFormat => (format === 'relative' ? 'relative-yxyx' : (format as BoxFormat));
    const size = { width: args.width, height: args.height };
    expectClose(convertBoxes(args.boxes.flat(), name(args.from), name(args.to), size), expected.flat(), tol);
    expectClose(convertBoxes(expected.flat(), name(args.to), name(args.from), size), args.boxes.flat(), {
      abs: 1e-9,
    });
  });

  it.each(cases('clipBoxes'))('$id', ({ args, expected, tol }) => {
    expectClose(clipBoxes(args.boxes.flat(), args.width, args.height), expected.flat(), tol);
  });

  it.each(cases('boxAreas'))('$id', ({ args, expected, tol }) => {
    expectClose(boxAreas(args.boxes.flat()), expected, tol);
  });

  it.each(cases('nms'))('$id', ({ args, expected }) => {
    expect(Array.from(nms(args.boxes.flat(), args.scores, { threshold: args.threshold }))).toEqual(expected);
  });
});

const side = fc.integer({ min: 0, max: 12 });
const box = fc
  .tuple(side, side, fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }))
  .map(([x, y, width, height]) => ({ x0: x, y0: y, x1: x + width, y1: y + height }));

describe('one box', () => {
  it('IoU counts pixels', () => {
    fc.assert(
      fc.property(box, box, (a, b) => {
        let both = 0;
        let either = 0;
        for (let y = 0; y < 24; y++) {
          for (let x = 0; x < 24; x++) {
            const inA = x >= a.x0 && x < a.x1 && y >= a.y0 && y < a.y1;
            const inB = x >= b.x0 && x < b.x1 && y >= b.y0 && y < b.y1;
            if (inA && inB) both++;
            if (inA || inB) either++;
          }
        }
        expect(boxIntersection(a, b)).toBe(both);
        expect(boxIou(a, b)).toBe(both / either);
        expect(boxGiou(a, b)).toBeLessThanOrEqual(boxIou(a, b));
        expect(boxGiou(a, b)).toBeGreaterThan(-1);
        expect(boxArea(a)).toBe((a.x1 - a.x0) * (a.y1 - a.y0));
      }),
    );
  });

  it('goes to relative edges and back', () => {
    const pixels = { x0: 16, y0: 12, x1: 48, y1: 24 };
    expect(toRelativeBox(pixels, 64, 48)).toEqual({ x0: 0.25, y0: 0.25, x1: 0.75, y1: 0.5 });
    expect(toPixelBox(toRelativeBox(pixels, 64, 48), 64, 48)).toEqual(pixels);
  });

  it('is clipped', () => {
    expect(clipBox({ x0: -3, y0: 2, x1: 30, y1: 50 }, 20, 10)).toEqual({ x0: 0, y0: 2, x1: 20, y1: 10 });
  });

  it('has no IoU where neither box has area', () => {
    const point = { x0: 3, y0: 3, x1: 3, y1: 3 };
    expect(boxIou(point, point)).toBeNaN();
  });
});

describe('lists of boxes', () => {
  it('hold what was put in', () => {
    const list = boxList([
      { x0: 1, y0: 2, x1: 3, y1: 4 },
      { x0: 5, y0: 6, x1: 7, y1: 8 },
    ]);
    expect(Array.from(list)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(boxAt(list, 1)).toEqual({ x0: 5, y0: 6, x1: 7, y1: 8 });
  });

  it('crowd IoU is 0 where neither box has area', () => {
    expect(Array.from(pairwiseCrowdIou([3, 3, 3, 3], [3, 3, 3, 3, 0, 0, 5, 5], [0, 1]))).toEqual([0, 0]);
  });

  it('relative formats differ in the order of their numbers only', () => {
    const size = { width: 10, height: 20 };
    expect(Array.from(convertBoxes([1, 2, 5, 10], 'xyxy', 'relative-xyxy', size))).toEqual([0.1, 0.1, 0.5, 0.5]);
    expect(Array.from(convertBoxes([0.1, 0.2, 0.3, 0.4], 'relative-xyxy', 'relative-yxyx'))).toEqual([
      0.2, 0.1, 0.4, 0.3,
    ]);
  });

  it('A20: inverted, empty and broken boxes are dropped and counted', () => {
    const boxes = [0, 0, 4, 4, 5, 0, 3, 4, 2, 2, 2, 6, 0, 0, Number.NaN, 1, 1, 1, 2, 2];
    const valid = validBoxes(boxes);
    expect(Array.from(valid.boxes)).toEqual([0, 0, 4, 4, 1, 1, 2, 2]);
    expect(Array.from(valid.indices)).toEqual([0, 4]);
    expect(valid.dropped).toBe(3);
    expect(validBoxes([])).toMatchObject({ dropped: 0 });
  });
});

describe('nms', () => {
  it('leaves boxes that overlap no better one, and only those', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(box, fc.nat(5), fc.nat(1)), { maxLength: 25 }), (items) => {
        const boxes = boxList(items.map(([item]) => item));
        const scores = items.map(([, score]) => score);
        const classes = items.map(([, , label]) => label);
        const kept = Array.from(nms(boxes, scores, { threshold: 0.4, classes }));
        const conflicts = (i: number, j: number): boolean =>
          classes[i] === classes[j] && boxIou(boxAt(boxes, i), boxAt(boxes, j)) > 0.4;
        const better = (i: number, j: number): boolean => scores[i]! > scores[j]! || (scores[i] === scores[j] && i < j);
        items.forEach((_, i) => {
          const suppressed = kept.some((j) => better(j, i) && conflicts(i, j));
          expect(kept.includes(i)).toBe(!suppressed);
        });
        kept.forEach((index, rank) => {
          if (rank > 0) expect(better(kept[rank - 1]!, index)).toBe(true);
        });
      }),
    );
  });
});

describe('bad arguments', () => {
  it.each<[string, () => unknown]>([
    ['BAD_BOX_LIST', () => boxAreas([1, 2, 3])],
    ['BAD_BOX_LIST', () => pairwiseIou([1, 2, 3, 4], [1])],
    ['BAD_CROWD', () => pairwiseCrowdIou([0, 0, 1, 1], [0, 0, 1, 1], [])],
    ['UNKNOWN_BOX_FORMAT', () => convertBoxes([], 'xywx' as BoxFormat, 'xyxy')],
    ['MISSING_IMAGE_SIZE', () => convertBoxes([0, 0, 1, 1], 'xyxy', 'relative-xyxy', { width: 4 })],
    ['BAD_NMS', () => nms([0, 0, 1, 1], [])],
    ['BAD_NMS', () => nms([0, 0, 1, 1], [Number.NaN])],
    ['BAD_NMS', () => nms([0, 0, 1, 1], [1], { threshold: 1.5 })],
    ['BAD_NMS', () => nms([0, 0, 1, 1], [1], { classes: [] })],
  ])('%s: %s', (code, call) => {
    let caught: unknown;
    try {
      call();
    } catch (error) {
      caught = error;
    }
    expect(isSceneError(caught) && caught.code).toBe(code);
  });

  it('suggests the format meant', () => {
    expect(() => convertBoxes([], 'xywx' as BoxFormat, 'xyxy')).toThrow('Did you mean "xywh"?');
  });
});
