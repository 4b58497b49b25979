import type { Raster } from '@ssl-scene/geometry';
import { randomStream } from '@ssl-scene/random';
import { colourDistribution, networkFreeHeatMaps } from '@ssl-scene/saliency';
import { expectClose } from '@ssl-scene/vitest-config/golden';
import { describe, expect, it } from 'vitest';
import { gaussianKernel, separableFilter } from '../src/network-free/blur.ts';
import { labPlanes } from '../src/network-free/lab.ts';

const GROUND = [
  [40, 60, 140],
  [200, 190, 60],
] as const;

/** Two colours in tiles all over the image, and a square of a third one. */
function squareOnTiles(side: number, [left, top, size]: readonly [number, number, number]): Raster {
  const data = new Uint8Array(3 * side * side);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const isInside = x >= left && x < left + size && y >= top && y < top + size;
      const tile = (Math.floor(x / 4) + Math.floor(y / 4)) % 2;
      data.set(isInside ? [210, 40, 50] : GROUND[tile]!, 3 * (y * side + x));
    }
  }
  return { width: side, height: side, data };
}

/** exp(-6 D) by the sum over all pairs of pixels, D the variance of places weighted by a Gaussian of the colours' distance. */
function pairByPair(image: Raster, spread: number): Float64Array {
  const { width, height, data } = image;
  const lab = labPlanes(data);
  const places = Array.from({ length: width * height }, (_, pixel) => [
    ((pixel % width) + 0.5) / width,
    (Math.floor(pixel / width) + 0.5) / height,
  ]);
  const values = Float64Array.from(places, (_, pixel) => {
    const weights = places.map((__, other) => {
      const square = lab.reduce((sum, plane) => sum + (plane[pixel]! - plane[other]!) ** 2, 0);
      return Math.exp(-square / (2 * spread ** 2));
    });
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const mean = [0, 1].map((axis) => places.reduce((sum, at, i) => sum + weights[i]! * at[axis]!, 0) / total);
    const variance = places.reduce(
      (sum, at, i) => sum + (weights[i]! * ((at[0]! - mean[0]!) ** 2 + (at[1]! - mean[1]!) ** 2)) / total,
      0,
    );
    return Math.exp(-36 * variance);
  });
  const deviation = Math.max(width, height) / 64;
  return separableFilter(values, width, height, gaussianKernel(2 * Math.ceil(2 * deviation) + 1, deviation));
}

describe('colour distribution', () => {
  it('equals the sum over pairs of pixels, where no two colours share a cube', () => {
    const colours = [...GROUND, [210, 40, 50], [205, 60, 60], [30, 200, 90]] as const;
    const random = randomStream(3, 'colours');
    const data = new Uint8Array(Array.from({ length: 20 * 14 }, () => colours[random.integer(0, 5)]!).flat());
    const image = { width: 20, height: 14, data };
    for (const colourSpread of [5, 12]) {
      const found = colourDistribution(image, { colourSpread });
      expect([found.width, found.height]).toEqual([20, 14]);
      // Colours beyond the reach of four deviations are left out.
      expectClose([...found.data], [...pairByPair(image, colourSpread)], { abs: 2e-3 });
    }
  });

  it.each([
    [4, 30, 12],
    [26, 8, 20],
    [44, 44, 10],
  ] as const)('finds the square at (%i, %i) of %i pixels on a ground of two colours', (left, top, size) => {
    const { data } = colourDistribution(squareOnTiles(64, [left, top, size]));
    const inside = (pixel: number): boolean => {
      const [x, y] = [pixel % 64, Math.floor(pixel / 64)];
      return x > left && x < left + size - 1 && y > top && y < top + size - 1;
    };
    const least = Math.min(...data.filter((_, pixel) => inside(pixel)));
    const ground = data.filter((_, pixel) => !inside(pixel)).toSorted();
    expect(least).toBeGreaterThan(0.4);
    expect(ground[Math.floor(0.8 * ground.length)]).toBeLessThan(0.1);
  });

  it('turns with the image, and gives the same map again', () => {
    const image = squareOnTiles(32, [3, 10, 9]);
    const mirrored = { ...image, data: new Uint8Array(image.data.length) };
    for (let pixel = 0; pixel < 32 * 32; pixel++) {
      const other = pixel - (pixel % 32) + 31 - (pixel % 32);
      mirrored.data.set(image.data.subarray(3 * other, 3 * other + 3), 3 * pixel);
    }
    const [map, turned] = [colourDistribution(image).data, colourDistribution(mirrored).data];
    expect(colourDistribution(image).data).toEqual(map);
    expectClose(
      [...turned],
      [...map].map((_, pixel) => map[pixel - (pixel % 32) + 31 - (pixel % 32)]!),
      { abs: 1e-9 },
    );
  });

  it('says the same everywhere of an image of one colour, and reduces large ones', () => {
    const grey = { width: 200, height: 100, data: new Uint8Array(60_000).fill(90) };
    const { width, height, data } = colourDistribution(grey);
    expect([width, height]).toEqual([128, 64]);
    expect(Math.max(...data) - Math.min(...data)).toBeLessThan(1e-12);
    for (const value of data) expect(value > 0 && value <= 1).toBe(true);
  });

  it('is a method of the providers without a network', async () => {
    const image = squareOnTiles(32, [4, 4, 10]);
    const provider = networkFreeHeatMaps({
      method: 'colour-distribution',
      normalise: { mean: [0, 0, 0], std: [1, 1, 1] },
    });
    const pixels = Float32Array.from(image.data, (level) => level / 255);
    const { values } = await provider.maps({ images: 1, height: 32, width: 32, pixels });
    expectClose([...values], [...colourDistribution(image).data], { abs: 1e-6 });
  });
});
