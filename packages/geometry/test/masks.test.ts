import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isSceneError } from '@ssl-scene/errors';
import {
  boxAreas,
  boxToMask,
  type CocoRuns,
  type CocoSegmentation,
  convertBoxes,
  decodeMask,
  encodeMask,
  fromCocoRuns,
  maskArea,
  maskBox,
  mergeMasks,
  type PixelMask,
  pairwiseCrowdIou,
  pairwiseMaskIou,
  polygonsToMask,
  type RunLengthMask,
  segmentationToMask,
  toCocoRuns,
} from '@ssl-scene/geometry';
import { casesOf, expectClose, sharedData } from '@ssl-scene/vitest-config/golden';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const cases = (name: string): ReturnType<typeof casesOf> => casesOf('geometry', name);

const boxOf = (mask: RunLengthMask): number[] => {
  const { x0, y0, x1, y1 } = maskBox(mask);
  return [x0, y0, x1 - x0, y1 - y0];
};

function expectMask(mask: RunLengthMask, expected: { rle: CocoRuns; area?: number; bbox?: number[] }): void {
  expect(toCocoRuns(mask)).toEqual(expected.rle);
  if (expected.area !== undefined) expect(maskArea(mask)).toBe(expected.area);
  if (expected.bbox !== undefined) expect(boxOf(mask)).toEqual(expected.bbox);
}

describe.skipIf(cases('rleEncode').length === 0)('run-length masks (needs shared/golden)', () => {
  it.each(cases('rleEncode'))('$id', ({ args, expected }) => {
    const mask = encodeMask(args.mask);
    expectMask(mask, expected);
    expect(toCocoRuns(mask, { compressed: false }).counts).toEqual(expected.uncompressed);
    expect(Array.from(decodeMask(mask).data)).toEqual(args.mask.data);
  });

  it.each(cases('rleDecode'))('$id', ({ args, expected }) => {
    const { width, height, data } = decodeMask(fromCocoRuns(args.rle));
    expect({ width, height, data: Array.from(data) }).toEqual(expected);
  });

  it.each(cases('rleCompress'))('D22: $id', ({ args, expected }) => {
    expectMask(fromCocoRuns(args.uncompressed), expected);
  });

  it.each(cases('rleMerge'))('$id', ({ args, expected }) => {
    expectMask(mergeMasks(args.rles.map(fromCocoRuns), { intersect: args.intersect }), expected);
  });

  it.each(cases('rleIou'))('$id', ({ args, expected, tol }) => {
    const got = pairwiseMaskIou(args.detections.map(fromCocoRuns), args.truths.map(fromCocoRuns), args.crowd);
    expectClose(got, expected.flat(), tol);
  });

  it.each(cases('polygonsToRle'))('$id', ({ args, expected }) => {
    const mask = polygonsToMask(args.polygons, args.width, args.height);
    expectMask(mask, expected);
    expect(Array.from(encodeMask(decodeMask(mask)).counts)).toEqual(expected.uncompressed);
  });

  it.each(cases('boxesToRle'))('$id', ({ args, expected }) => {
    args.boxes.forEach((box: number[], i: number) => {
      expectMask(boxToMask(box, args.width, args.height), expected[i]);
    });
  });
});

const operationsFile = sharedData('eval-references/mask_ops.json');
const annotationsFile = sharedData('coco-mini/annotations/instances_val2017.json');

interface Annotation {
  id: number;
  image_id: number;
  bbox: number[];
  segmentation: CocoSegmentation;
}

describe.skipIf(operationsFile === undefined || annotationsFile === undefined)(
  'masks of real annotations, by pycocotools (needs shared/data)',
  () => {
    // biome-ignore lint/suspicious/noExplicitAny: JSON written by another tool
    const operations: any = operationsFile && JSON.parse(readFileSync(operationsFile, 'utf8'));
    const coco = annotationsFile && JSON.parse(readFileSync(annotationsFile, 'utf8'));
    const annotations = new Map<number, Annotation>(coco?.annotations.map((item: Annotation) => [item.id, item]));
    const sizes = new Map<number, { width: number; height: number }>(
      // biome-ignore lint/suspicious/noExplicitAny: as above
      coco?.images.map((image: any) => [image.id, image]),
    );
    const maskOf = (id: number): RunLengthMask => {
      const annotation = annotations.get(id)!;
      const { width, height } = sizes.get(annotation.image_id)!;
      return segmentationToMask(annotation.segmentation, width, height);
    };

    it('equal runs, areas, boxes and pixels', () => {
      expect(operations.masks.length).toBe(40);
      for (const reference of operations.masks) {
        const mask = maskOf(reference.annotation_id);
        expectMask(mask, reference);
        expect(columnHash(decodeMask(mask))).toBe(reference.uncompressed_sha256_colmajor);
      }
    });

    it('equal IoU matrices of masks and boxes with crowds', () => {
      expect(operations.iou.length).toBe(6);
      for (const reference of operations.iou) {
        const ids: number[] = reference.annotation_ids;
        const masks = ids.map(maskOf);
        expectClose(pairwiseMaskIou(masks, masks, reference.iscrowd), reference.mask_iou.flat(), { abs: 6e-7 });
        const bboxes = ids.flatMap((id) => annotations.get(id)!.bbox);
        const boxes = convertBoxes(bboxes, 'xywh', 'xyxy');
        expectClose(pairwiseCrowdIou(boxes, boxes, reference.iscrowd), reference.box_iou.flat(), { abs: 6e-7 });
      }
    });

    it('every annotation can be read, and the string read back', () => {
      for (const id of annotations.keys()) {
        const mask = maskOf(id);
        expect(fromCocoRuns(toCocoRuns(mask))).toEqual(mask);
      }
    });
  },
);

const side = fc.integer({ min: 1, max: 9 });
const pixelMask = (width: number, height: number): fc.Arbitrary<PixelMask> =>
  fc
    .array(fc.constantFrom(0, 1), { minLength: width * height, maxLength: width * height })
    .map((data) => ({ width, height, data: Uint8Array.from(data) }));
const twoMasks = fc
  .tuple(side, side)
  .chain(([width, height]) => fc.tuple(pixelMask(width, height), pixelMask(width, height)));

describe('run-length masks', () => {
  it('agree with pixels: area, box, union, intersection, IoU, both kinds of runs', () => {
    fc.assert(
      fc.property(twoMasks, ([a, b]) => {
        const runs = encodeMask(a);
        const others = encodeMask(b);
        expect(decodeMask(runs)).toEqual(a);
        expect(maskArea(runs)).toBe(countPixels(a));
        expect(maskBox(runs)).toEqual(pixelBox(a));
        const union = mergeMasks([runs, others]);
        const shared = mergeMasks([runs, others], { intersect: true });
        expect(decodeMask(union).data).toEqual(a.data.map((value, i) => value | b.data[i]!));
        expect(decodeMask(shared).data).toEqual(a.data.map((value, i) => value & b.data[i]!));
        const sharedArea = maskArea(shared);
        const iou = sharedArea === 0 ? 0 : sharedArea / maskArea(union);
        const overDetection = sharedArea === 0 ? 0 : sharedArea / maskArea(runs);
        expect(Array.from(pairwiseMaskIou([runs], [others, others], [0, 1]))).toEqual([iou, overDetection]);
        expect(fromCocoRuns(toCocoRuns(runs))).toEqual(runs);
        expect(fromCocoRuns(toCocoRuns(runs, { compressed: false }))).toEqual(runs);
      }),
      { numRuns: 300 },
    );
  });

  it('pass runs of any length through the string', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 2 ** 20 }), { minLength: 1, maxLength: 40 }), (counts) => {
        const total = counts.reduce((sum, count) => sum + count, 0);
        fc.pre(total > 0);
        const mask = { width: 1, height: total, counts: Uint32Array.from(counts) };
        expect(fromCocoRuns(toCocoRuns(mask))).toEqual(mask);
      }),
    );
  });

  it('ignore empty runs between others', () => {
    const mask = { width: 2, height: 3, counts: Uint32Array.of(1, 2, 0, 1, 2) };
    expect(Array.from(decodeMask(mask).data)).toEqual([0, 1, 1, 0, 1, 0]);
    expect(maskBox(mask)).toEqual({ x0: 0, y0: 0, x1: 2, y1: 3 });
    expect(Array.from(mergeMasks([mask, mask]).counts)).toEqual([1, 3, 2]);
  });

  it('rasterise polygons as their turned and shifted copies', () => {
    const corner = fc.integer({ min: 0, max: 14 });
    const points = fc.array(fc.tuple(corner, corner), { minLength: 3, maxLength: 7 });
    fc.assert(
      fc.property(points, fc.nat(6), fc.nat(5), (polygon, turn, shift) => {
        const turned = [...polygon.slice(turn % polygon.length), ...polygon.slice(0, turn % polygon.length)];
        const base = decodeMask(polygonsToMask([polygon.flat()], 14, 14));
        expect(decodeMask(polygonsToMask([turned.flat()], 14, 14))).toEqual(base);
        const moved = polygon.map(([x, y]) => [x + shift, y + 2]);
        const wide = decodeMask(polygonsToMask([moved.flat()], 14 + shift, 16));
        for (let y = 0; y < 14; y++) {
          const row = wide.data.subarray((y + 2) * wide.width + shift, (y + 2) * wide.width + shift + 14);
          expect(Array.from(row)).toEqual(Array.from(base.data.subarray(y * 14, y * 14 + 14)));
        }
      }),
    );
  });
});

describe('segmentations', () => {
  it('D22: polygons, compressed and uncompressed runs give one mask', () => {
    const polygon = [2, 2, 20, 4, 9, 18];
    const mask = polygonsToMask([polygon], 26, 24);
    for (const segmentation of [[polygon], toCocoRuns(mask), toCocoRuns(mask, { compressed: false })]) {
      expect(segmentationToMask(segmentation, 26, 24)).toEqual(mask);
    }
  });

  it('D23: without a segmentation the mask is the box', () => {
    for (const missing of [undefined, []]) {
      const mask = segmentationToMask(missing, 12, 10, [2, 3, 4, 5]);
      expect(maskBox(mask)).toEqual({ x0: 2, y0: 3, x1: 6, y1: 8 });
      expect(maskArea(mask)).toBe(boxAreas([2, 3, 6, 8])[0]);
    }
  });
});

describe('bad arguments', () => {
  const mask = encodeMask({ width: 2, height: 2, data: [0, 1, 1, 0] });
  const larger = encodeMask({ width: 3, height: 2, data: [0, 1, 1, 0, 0, 0] });
  it.each<[string, () => unknown]>([
    ['BAD_MAP', () => encodeMask({ width: 2, height: 2, data: [1] })],
    ['BAD_MAP', () => fromCocoRuns({ size: [0, 4], counts: [0] })],
    ['BAD_MAP', () => polygonsToMask([[0, 0, 1, 1, 2, 0]], 2.5, 4)],
    ['BAD_RUNS', () => fromCocoRuns({ size: [4, 4], counts: [3, 4] })],
    ['BAD_RUNS', () => fromCocoRuns({ size: [4, 4], counts: '' })],
    ['BAD_RUNS', () => decodeMask({ ...mask, width: 5 })],
    ['BAD_COCO_RUNS', () => fromCocoRuns({ size: [4, 4], counts: [20, -4] })],
    ['BAD_COCO_RUNS', () => fromCocoRuns({ size: [4, 4], counts: [1.5, 14.5] })],
    ['BAD_COCO_RUNS', () => fromCocoRuns({ size: [4, 4], counts: 'o' })],
    ['BAD_COCO_RUNS', () => fromCocoRuns({ size: [4, 4], counts: '3 4' })],
    ['BAD_COCO_RUNS', () => fromCocoRuns({ size: [4, 4], counts: 'oooooooooo1' })],
    ['NO_MASKS', () => mergeMasks([])],
    ['NO_MASKS', () => polygonsToMask([], 4, 4)],
    ['SIZES_DIFFER', () => mergeMasks([mask, larger])],
    ['SIZES_DIFFER', () => pairwiseMaskIou([mask], [larger])],
    ['SIZES_DIFFER', () => segmentationToMask(toCocoRuns(mask), 3, 2)],
    ['BAD_CROWD', () => pairwiseMaskIou([mask], [mask], [])],
    ['BAD_POLYGON', () => polygonsToMask([[0, 0, 1, 1]], 4, 4)],
    ['BAD_POLYGON', () => polygonsToMask([[0, 0, 1, 1, 2, 0, 1]], 4, 4)],
    ['BAD_POLYGON', () => polygonsToMask([[0, 0, 1, 1, 2, Number.NaN]], 4, 4)],
    ['BAD_POLYGON', () => boxToMask([1, 2, 3], 4, 4)],
    ['NO_SEGMENTATION', () => segmentationToMask(undefined, 4, 4)],
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

function countPixels(mask: PixelMask): number {
  return mask.data.reduce((sum, value) => sum + value, 0);
}

function pixelBox(mask: PixelMask): { x0: number; y0: number; x1: number; y1: number } {
  const inside = [...mask.data.keys()].filter((at) => mask.data[at] === 1);
  if (inside.length === 0) return { x0: 0, y0: 0, x1: 0, y1: 0 };
  const columns = inside.map((at) => at % mask.width);
  const rows = inside.map((at) => Math.floor(at / mask.width));
  return {
    x0: Math.min(...columns),
    y0: Math.min(...rows),
    x1: Math.max(...columns) + 1,
    y1: Math.max(...rows) + 1,
  };
}

function columnHash(mask: PixelMask): string {
  const columns = new Uint8Array(mask.data.length);
  for (let y = 0; y < mask.height; y++) {
    for (let x = 0; x < mask.width; x++) columns[x * mask.height + y] = mask.data[y * mask.width + x]!;
  }
  return createHash('sha256').update(columns).digest('hex');
}
