import { readFileSync } from 'node:fs';
import {
  boxesToView,
  createViewLoader,
  heatMapToView,
  MIRRORED_LEFT_RIGHT,
  MIRRORED_TOP_BOTTOM,
  maskToView,
  type ViewGeometry,
  viewGeometry,
} from '@ssl-scene/views';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { numberedSource } from './numbered-source.ts';

interface NearestCase {
  readonly width: number;
  readonly height: number;
  readonly crop: readonly [number, number, number, number];
  readonly size: number;
  readonly view: readonly number[];
}

const nearest = JSON.parse(readFileSync(new URL('./fixtures/nearest-crops.json', import.meta.url), 'utf8')) as {
  readonly cases: readonly NearestCase[];
};

function geometryOf({ crop, size, width, height }: NearestCase, flips = 0): ViewGeometry {
  const [x, y, w, h] = crop;
  return { crop: { x, y, width: w, height: h }, flips, size, imageSize: { width, height } };
}

const labelsOf = ({ width, height }: NearestCase): Uint8Array =>
  Uint8Array.from({ length: width * height }, (_, i) => ((i % width) * 7 + Math.floor(i / width) * 13) % 251);

/** Rows of a square, mirrored. */
function mirrored<T>(values: readonly T[], size: number, flips: number): T[] {
  const rows = Array.from({ length: size }, (_, y) => values.slice(y * size, (y + 1) * size));
  if ((flips & MIRRORED_TOP_BOTTOM) !== 0) rows.reverse();
  return rows.flatMap((row) => ((flips & MIRRORED_LEFT_RIGHT) !== 0 ? row.reverse() : row));
}

describe('a mask of the image', () => {
  it.each(nearest.cases)('is cropped and resized as by Pillow, $width x $height to $size', (one) => {
    const mask = { width: one.width, height: one.height, data: labelsOf(one) };
    for (let flips = 0; flips < 4; flips++) {
      const view = maskToView(mask, geometryOf(one, flips));
      expect([...view]).toEqual(mirrored(one.view, one.size, flips));
    }
  });

  it('says what is outside', () => {
    const geometry: ViewGeometry = {
      crop: { x: -1, y: 0, width: 2, height: 1 },
      flips: 0,
      size: 2,
      imageSize: { width: 1, height: 1 },
    };
    const mask = { width: 1, height: 1, data: Uint8Array.of(7) };
    expect([...maskToView(mask, geometry, { outside: 255 })]).toEqual([255, 7, 255, 7]);
  });

  it('must have its size', () => {
    const [one] = nearest.cases;
    const mask = { width: 1, height: 1, data: new Uint8Array(1) };
    expect(() => maskToView(mask, geometryOf(one!))).toThrow(/MASK_MISMATCH.*1 x 1/);
  });

  it('falls on the pixels that it belongs to, through crops and flips', async () => {
    const lit = { x0: 60, y0: 40, x1: 110, y1: 100 };
    const [width, height, size] = [160, 128, 32];
    const mask = { width, height, data: new Uint8Array(width * height) };
    for (let y = lit.y0; y < lit.y1; y++) mask.data.fill(1, y * width + lit.x0, y * width + lit.x1);
    const flips = [{ kind: 'horizontal-flip' }, { kind: 'vertical-flip' }] as const;
    const view = { name: 'a', size, crop: { kind: 'random-resized', scale: [0.3, 1] }, augmentations: flips } as const;
    const source = numberedSource({ length: 24, width, height, lit });
    const loader = await createViewLoader({ source, plan: { views: [view] }, batchSize: 24, seed: 2, output: 'uint8' });
    for await (const batch of loader.epoch(0)) {
      for (let row = 0; row < batch.size; row++) {
        const geometry = viewGeometry(batch, 'a', row);
        expect(geometry.imageSize).toEqual({ width, height });
        const labels = maskToView(mask, geometry);
        const pixels = batch.views.a!.subarray(row * size * size * 3, (row + 1) * size * size * 3);
        // Pixels on the edge are mixed; all others are black or white as the mask says.
        for (let i = 0; i < size * size; i++) {
          if (pixels[3 * i] === 0 || pixels[3 * i] === 255) expect(labels[i]! * 255).toBe(pixels[3 * i]);
        }
      }
      batch.release();
    }
    await loader.close();
  });
});

describe('a heat map of the image', () => {
  const whole = (size: number, flips = 0): ViewGeometry => ({
    crop: { x: 0, y: 0, width: 640, height: 480 },
    flips,
    size,
    imageSize: { width: 640, height: 480 },
  });
  const map = { width: 2, height: 2, data: [0, 0.25, 0.5, 1] };

  it("is enlarged as by interpolate(mode='bilinear', align_corners=False)", () => {
    const expected = [
      0, 0.0625, 0.1875, 0.25, 0.125, 0.203125, 0.359375, 0.4375, 0.375, 0.484375, 0.703125, 0.8125, 0.5, 0.625, 0.875,
      1,
    ];
    expect([...heatMapToView(map, whole(4))]).toEqual(expected);
    for (const flips of [1, 2, 3]) {
      expect([...heatMapToView(map, whole(4, flips))]).toEqual(mirrored(expected, 4, flips));
    }
  });

  it('keeps its slope in every crop', () => {
    const side = fc.integer({ min: 1, max: 100 });
    const place = fc.integer({ min: 70, max: 300 });
    const ramp = {
      width: 20,
      height: 10,
      data: Array.from({ length: 200 }, (_, i) => (i % 20) + 100 * Math.floor(i / 20)),
    };
    fc.assert(
      fc.property(place, place, side, side, fc.integer({ min: 1, max: 9 }), (x, y, width, height, size) => {
        const imageSize = { width: 500, height: 500 };
        const view = heatMapToView(ramp, { crop: { x, y, width, height }, flips: 0, size, imageSize });
        const at = (pixel: number, start: number, length: number, cells: number): number =>
          ((start + ((pixel + 0.5) * length) / size) * cells) / 500 - 0.5;
        for (let row = 0; row < size; row++) {
          for (let column = 0; column < size; column++) {
            const expected = at(column, x, width, 20) + 100 * at(row, y, height, 10);
            expect(Math.abs(view[row * size + column]! - expected)).toBeLessThan(1e-3);
          }
        }
      }),
      { numRuns: 50 },
    );
  });
});

describe('boxes of the image', () => {
  const geometry = { crop: { x: 10, y: 20, width: 40, height: 40 }, flips: MIRRORED_LEFT_RIGHT, size: 20 };

  it('are clipped to the view and keep what they had', () => {
    const boxes = [
      { x0: 10, y0: 20, x1: 20, y1: 40, label: 1 },
      { x0: 0, y0: 0, x1: 20, y1: 40, label: 2, crowd: true },
    ];
    expect(boxesToView(boxes, geometry)).toEqual([
      { x0: 15, y0: 0, x1: 20, y1: 10, label: 1, visible: 1 },
      { x0: 15, y0: 0, x1: 20, y1: 10, label: 2, crowd: true, visible: 0.25 },
    ]);
    expect(boxesToView(boxes, geometry, { leastVisible: 0.3 })).toHaveLength(1);
  });

  it('A20, A21: may all be outside, or without area: the list is empty then', () => {
    const outside = { x0: 60, y0: 20, x1: 90, y1: 40 };
    const flat = { x0: 20, y0: 30, x1: 20, y1: 40 };
    const inverted = { x0: 30, y0: 30, x1: 20, y1: 25 };
    expect(boxesToView([outside, flat, inverted], geometry)).toEqual([]);
  });
});
