import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Sprite } from '../src/sprite.ts';
import { makeStamp } from '../src/stamp.ts';

const GAINS = [1, 1, 1] as const;

/** A sprite of one opaque colour in two sizes. */
function block(width: number, height: number, colour: readonly [number, number, number]): Sprite {
  const level = (w: number, h: number) => ({
    width: w,
    height: h,
    rgba: Uint8Array.from({ length: w * h * 4 }, (_, i) => [...colour, 255][i % 4]!),
  });
  return { name: 'block', levels: [level(width, height), level(width / 2, height / 2)] };
}

describe('stamps', () => {
  it('keep size and colour of an unturned block', () => {
    const stamp = makeStamp(block(32, 16, [10, 20, 30]), { side: 16, angle: 0, mirrored: false, gains: GAINS });
    const { x0, y0, x1, y1 } = stamp.solidBox;
    // The drawing's edges may fall on the middle of pixels, which are then half covered on both sides.
    expect([16, 17]).toContain(x1 - x0);
    expect([8, 9]).toContain(y1 - y0);
    const middle = 4 * (Math.floor((y0 + y1) / 2) * stamp.width + Math.floor((x0 + x1) / 2));
    expect([...stamp.rgba.subarray(middle, middle + 4)]).toEqual([10, 20, 30, 255]);
  });

  it('cover the area that geometry says, at any turn and size', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 8, max: 40, noNaN: true }),
        fc.double({ min: 0, max: 2 * Math.PI, noNaN: true }),
        fc.boolean(),
        (side, angle, mirrored) => {
          const stamp = makeStamp(block(40, 20, [200, 100, 50]), { side, angle, mirrored, gains: GAINS });
          let alpha = 0;
          for (let i = 3; i < stamp.rgba.length; i += 4) alpha += stamp.rgba[i]! / 255;
          expect(Math.abs(alpha - (side * side) / 2)).toBeLessThan(0.12 * side + 0.5);
        },
      ),
    );
  });

  it('turn clockwise and mirror', () => {
    // The left half is opaque; the right half empty.
    const rgba = Uint8Array.from({ length: 16 * 16 * 4 }, (_, i) => (Math.floor(i / 4) % 16 < 8 ? 255 : 0));
    const sprite: Sprite = { name: 'half', levels: [{ width: 16, height: 16, rgba }] };
    const centre = (angle: number, mirrored: boolean): [number, number] => {
      const stamp = makeStamp(sprite, { side: 16, angle, mirrored, gains: GAINS });
      const mean = (values: Int16Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;
      return [mean(stamp.solidX) - stamp.width / 2, mean(stamp.solidY) - stamp.height / 2].map(Math.round) as [
        number,
        number,
      ];
    };
    expect(centre(0, false)[0]).toBeLessThan(-2);
    expect(centre(0, true)[0]).toBeGreaterThan(2);
    expect(centre(Math.PI / 2, false)[1]).toBeLessThan(-2);
    expect(centre(-Math.PI / 2, false)[1]).toBeGreaterThan(2);
  });

  it('never exceed their alpha, however much they are brightened', () => {
    const stamp = makeStamp(block(32, 16, [250, 250, 0]), {
      side: 12,
      angle: 0.4,
      mirrored: false,
      gains: [2, 0.5, 2],
    });
    for (let i = 0; i < stamp.rgba.length; i += 4) {
      expect(Math.max(stamp.rgba[i]!, stamp.rgba[i + 1]!, stamp.rgba[i + 2]!)).toBeLessThanOrEqual(stamp.rgba[i + 3]!);
    }
  });
});
