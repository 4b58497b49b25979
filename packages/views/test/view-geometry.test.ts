import {
  type Batch,
  createViewLoader,
  MIRRORED_LEFT_RIGHT,
  MIRRORED_TOP_BOTTOM,
  sourceToView,
  type ViewPlan,
  viewGeometry,
  viewToSource,
} from '@ssl-scene/views';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { numberedSource } from './numbered-source.ts';

const size = 32;
const plan = (augmentations: ViewPlan['views'][number]['augmentations']): ViewPlan => ({
  views: [{ name: 'a', size, crop: { kind: 'random-resized', scale: [0.5, 1] }, augmentations }],
});
const FLIPPED = plan([
  { kind: 'horizontal-flip', p: 0.5 },
  { kind: 'vertical-flip', p: 0.5 },
]);
const lit = { x0: 60, y0: 40, x1: 110, y1: 100 };
const source = numberedSource({ length: 24, width: 160, height: 128, lit });

/** Edges of the pixels of a row that are brighter than half. */
function brightBox(batch: Batch, row: number): { x0: number; y0: number; x1: number; y1: number } {
  let [x0, y0, x1, y1] = [size, size, 0, 0];
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      if (batch.views.a![((row * size + y) * size + x) * 3]! < 128) continue;
      [x0, y0, x1, y1] = [Math.min(x0, x), Math.min(y0, y), Math.max(x1, x + 1), Math.max(y1, y + 1)];
    }
  }
  return { x0, y0, x1, y1 };
}

const clip = (value: number): number => Math.min(size, Math.max(0, value));

describe('view geometry', () => {
  it('carries a box of the image to where its pixels are in the view, through crops and flips', async () => {
    const loader = await createViewLoader({
      source,
      plan: FLIPPED,
      batchSize: 24,
      seed: 1,
      workers: 0,
      output: 'uint8',
    });
    const seen = new Set<number>();
    for await (const batch of loader.epoch(0)) {
      for (let row = 0; row < batch.size; row++) {
        const geometry = viewGeometry(batch, 'a', row);
        seen.add(geometry.flips);
        const expected = sourceToView(lit, geometry);
        const found = brightBox(batch, row);
        for (const edge of ['x0', 'y0', 'x1', 'y1'] as const) {
          expect(Math.abs(found[edge] - clip(expected[edge])), `${edge} of row ${row}`).toBeLessThanOrEqual(0.75);
        }
      }
      batch.release();
    }
    expect([...seen].sort()).toEqual([0, MIRRORED_LEFT_RIGHT, MIRRORED_TOP_BOTTOM, 3]);
    await loader.close();
  });

  it('goes there and back', () => {
    const number = fc.double({ min: -500, max: 500, noNaN: true });
    const side = fc.integer({ min: 1, max: 1000 });
    const place = fc.integer({ min: 0, max: 1000 });
    fc.assert(
      fc.property(number, number, number, number, place, place, side, side, fc.nat(3), side, (...values) => {
        const [x0, y0, x1, y1, x, y, width, height, flips, size] = values;
        const geometry = { crop: { x, y, width, height }, flips, size };
        const back = viewToSource(sourceToView({ x0, y0, x1, y1 }, geometry), geometry);
        expect(back.x0).toBeCloseTo(x0, 6);
        expect(back.y0).toBeCloseTo(y0, 6);
        expect(back.x1).toBeCloseTo(x1, 6);
        expect(back.y1).toBeCloseTo(y1, 6);
      }),
    );
  });

  it('takes the crop to the whole view', () => {
    const geometry = { crop: { x: 10, y: 20, width: 30, height: 40 }, flips: MIRRORED_LEFT_RIGHT, size: 64 };
    expect(sourceToView({ x0: 10, y0: 20, x1: 40, y1: 60 }, geometry)).toEqual({ x0: 0, y0: 0, x1: 64, y1: 64 });
    expect(sourceToView({ x0: 10, y0: 20, x1: 25, y1: 30 }, geometry)).toEqual({ x0: 32, y0: 0, x1: 64, y1: 16 });
  });

  it('refuses views and rows that are not there, and views turned by an angle', async () => {
    const turned = plan([{ kind: 'rotation', degrees: [5, 10] }]);
    const loader = await createViewLoader({ source, plan: turned, batchSize: 2, seed: 1, workers: 0 });
    for await (const batch of loader.epoch(0)) {
      expect(() => viewGeometry(batch, 'b', 0)).toThrow(/a view among a, found b/);
      expect(() => viewGeometry(batch, 'a', 2)).toThrow(/row 2/);
      expect(() => viewGeometry(batch, 'a', 0)).toThrow(/turned/);
      break;
    }
    await loader.close();
  });
});
