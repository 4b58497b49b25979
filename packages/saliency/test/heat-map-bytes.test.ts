import { randomStream } from '@ssl-scene/random';
import { heatMapBytes } from '@ssl-scene/saliency';
import { describe, expect, it } from 'vitest';

describe('heatMapBytes', () => {
  it('keeps a map of its own size, stretched', () => {
    expect([...heatMapBytes([2, 4, 3, 6], [2, 2], [2, 2])]).toEqual([0, 128, 64, 255]);
  });

  it.each([
    [4, 4, 2, 2],
    [7, 5, 3, 2],
    [6, 9, 6, 4],
  ])('averages what each place touches, from %i × %i to %i × %i', (height, width, toHeight, toWidth) => {
    const random = randomStream(5, 'map', height, width);
    const map = Array.from({ length: height * width }, () => random.uniform());
    const [least, most] = [Math.min(...map), Math.max(...map)];
    const found = heatMapBytes(map, [height, width], [toHeight, toWidth]);
    for (let place = 0; place < found.length; place++) {
      const [row, column] = [Math.floor(place / toWidth), place % toWidth];
      const touched = map.filter((_, pixel) => {
        const [y, x] = [Math.floor(pixel / width), pixel % width];
        const isTouched = (at: number, to: number, from: number, index: number): boolean =>
          index + 1 > (at * from) / to && index < ((at + 1) * from) / to;
        return isTouched(row, toHeight, height, y) && isTouched(column, toWidth, width, x);
      });
      const mean = touched.reduce((sum, value) => sum + (value - least) / (most - least), 0) / touched.length;
      expect(Math.abs(found[place]! - 255 * mean)).toBeLessThanOrEqual(0.5 + 1e-6);
    }
  });

  it('enlarges bilinearly, and makes zeros of a map without shape', () => {
    expect([...heatMapBytes([0, 1], [1, 2], [1, 4])]).toEqual([0, 64, 191, 255]);
    expect([...heatMapBytes([3, 3, 3, 3], [2, 2], [1, 1])]).toEqual([0]);
  });
});
