import type { Raster } from '@ssl-scene/geometry';
import { randomStream } from '@ssl-scene/random';
import { minimumBarrierSaliency, networkFreeHeatMaps, spectralResidual } from '@ssl-scene/saliency';
import { expectClose } from '@ssl-scene/vitest-config/golden';
import { describe, expect, it } from 'vitest';
import { barrierDistance } from '../src/network-free/barrier-distance.ts';
import { fourierTransform } from '../src/network-free/fourier.ts';
import { labPlanes } from '../src/network-free/lab.ts';
import { smoothByReconstruction } from '../src/network-free/morphology.ts';

/** One colour with a square of another from (left, top), `side` pixels wide. */
function squareOn(
  width: number,
  height: number,
  [left, top, side]: readonly [number, number, number],
  colour: readonly [number, number, number] = [200, 40, 40],
): Raster {
  const data = new Uint8Array(3 * width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const isInside = x >= left && x < left + side && y >= top && y < top + side;
      data.set(isInside ? colour : [60, 120, 60], 3 * (y * width + x));
    }
  }
  return { width, height, data };
}

describe('Fourier transform', () => {
  it('equals the sum that defines it, and the inverse takes it back', () => {
    const side = 8;
    const random = randomStream(1, 'fourier');
    const start = Float64Array.from({ length: side * side }, () => random.normal());
    const values = { real: start.slice(), imaginary: new Float64Array(side * side) };
    fourierTransform(values, side);
    for (const [u, v] of [
      [0, 0],
      [1, 0],
      [3, 5],
      [7, 2],
    ] as const) {
      let [real, imaginary] = [0, 0];
      for (let y = 0; y < side; y++) {
        for (let x = 0; x < side; x++) {
          const angle = (-2 * Math.PI * (u * x + v * y)) / side;
          real += start[y * side + x]! * Math.cos(angle);
          imaginary += start[y * side + x]! * Math.sin(angle);
        }
      }
      expect(values.real[v * side + u]).toBeCloseTo(real, 10);
      expect(values.imaginary[v * side + u]).toBeCloseTo(imaginary, 10);
    }
    fourierTransform(values, side, true);
    expectClose([...values.real], [...start], { abs: 1e-12 });
    expectClose([...values.imaginary], new Array(side * side).fill(0), { abs: 1e-12 });
  });
});

describe('CIELAB', () => {
  it('of black, white and the primaries', () => {
    const [lightness, a, b] = labPlanes([0, 0, 0, 255, 255, 255, 255, 0, 0, 0, 255, 0, 0, 0, 255]);
    expectClose([...lightness], [0, 100, 53.24, 87.73, 32.3], { abs: 0.02 });
    expectClose([...a], [0, 0, 80.09, -86.18, 79.2], { abs: 0.05 });
    expectClose([...b], [0, 0, 67.2, 83.18, -107.86], { abs: 0.05 });
  });
});

describe('barrier distance', () => {
  /** The exact distance: the narrowest band of values around the pixel's own that holds a path to the border. */
  function exact(values: Float64Array, width: number, height: number, pixel: number): number {
    let best = Number.POSITIVE_INFINITY;
    for (const low of values) {
      if (low > values[pixel]!) continue;
      for (const high of values) {
        if (high < values[pixel]! || high - low >= best) continue;
        const isInBand = Uint8Array.from(values, (value) => (value >= low && value <= high ? 1 : 0));
        if (reachesBorder(isInBand, width, height, pixel)) best = high - low;
      }
    }
    return best;
  }

  function reachesBorder(open: Uint8Array, width: number, height: number, from: number): boolean {
    const queue = [from];
    const seen = new Set(queue);
    for (let place = queue.pop(); place !== undefined; place = queue.pop()) {
      const [x, y] = [place % width, Math.floor(place / width)];
      if (x === 0 || y === 0 || x === width - 1 || y === height - 1) return true;
      for (const next of [place - 1, place + 1, place - width, place + width]) {
        if (!open[next] || seen.has(next)) continue;
        seen.add(next);
        queue.push(next);
      }
    }
    return false;
  }

  it('is never below the exact one and rarely above it', () => {
    const [width, height] = [7, 6];
    let [same, inner] = [0, 0];
    for (let seed = 0; seed < 20; seed++) {
      const random = randomStream(seed, 'barrier');
      const values = Float64Array.from({ length: width * height }, () => random.integer(0, 10));
      const distance = barrierDistance(values, width, height, 6);
      for (let y = 1; y < height - 1; y++) {
        for (let x = 1; x < width - 1; x++) {
          const wanted = exact(values, width, height, y * width + x);
          expect(distance[y * width + x]).toBeGreaterThanOrEqual(wanted);
          inner++;
          if (distance[y * width + x] === wanted) same++;
        }
      }
    }
    expect(same / inner).toBeGreaterThan(0.9);
  });

  it('is the step to cross for a plateau, and 0 where the border is reached on a level', () => {
    const values = Float64Array.from([1, 1, 1, 1, 1, 1, 5, 5, 1, 1, 1, 5, 5, 1, 1, 1, 1, 1, 1, 1]);
    const distance = barrierDistance(values, 5, 4);
    expect([...distance]).toEqual([0, 0, 0, 0, 0, 0, 4, 4, 0, 0, 0, 4, 4, 0, 0, 0, 0, 0, 0, 0]);
  });
});

describe('smoothing by reconstruction', () => {
  const draw = (rows: readonly string[]): Float64Array =>
    Float64Array.from(rows.join(''), (cell) => (cell === '#' ? 1 : 0));

  it('removes spots and fills holes smaller than the window, and keeps the outline of the rest', () => {
    const rough = draw([
      '#.........', // a spot
      '..######..',
      '..######..',
      '..##.####.', // a hole, and a corner that a plain opening would cut off
      '..#######.',
      '..######..',
      '..........',
    ]);
    const smooth = draw([
      '..........',
      '..######..',
      '..######..',
      '..#######.',
      '..#######.',
      '..######..',
      '..........',
    ]);
    expect([...smoothByReconstruction(rough, 10, 7, 1)]).toEqual([...smooth]);
  });

  it('keeps what is there with a radius of 0, and never leaves the range of the values', () => {
    const random = randomStream(4, 'smooth');
    const values = Float64Array.from({ length: 63 }, () => random.uniform());
    expectClose(smoothByReconstruction(values, 9, 7, 0), values, { abs: 1e-12 });
    const smooth = smoothByReconstruction(values, 9, 7, 2);
    expect(Math.min(...smooth)).toBeGreaterThanOrEqual(Math.min(...values) - 1e-12);
    expect(Math.max(...smooth)).toBeLessThanOrEqual(Math.max(...values) + 1e-12);
  });
});

describe('minimum barrier saliency', () => {
  it('fills an object and leaves the ground', () => {
    const { width, height, data } = minimumBarrierSaliency(squareOn(60, 40, [20, 10, 15]));
    expect([width, height]).toEqual([60, 40]);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const isInside = x >= 20 && x < 35 && y >= 10 && y < 25;
        expect(data[y * width + x]! > 0.5).toBe(isInside);
      }
    }
  });

  it('reduces large images, keeping their shape', () => {
    const { width, height, data } = minimumBarrierSaliency(squareOn(400, 200, [100, 50, 80]), { longestSide: 100 });
    expect([width, height, data.length]).toEqual([100, 50, 5000]);
    expect(data[20 * 100 + 35]).toBeGreaterThan(0.5);
  });

  it('with a centre prior prefers what is near the middle', () => {
    const image = squareOn(60, 60, [6, 6, 12]);
    const value = (centrePrior: boolean): number => minimumBarrierSaliency(image, { centrePrior }).data[30 * 60 + 30]!;
    const corner = (centrePrior: boolean): number => minimumBarrierSaliency(image, { centrePrior }).data[12 * 60 + 12]!;
    expect(value(true)).toBeLessThan(0.1);
    expect(corner(true)).toBeGreaterThan(0.8);
  });

  it('A17: is 0 everywhere for an image of one colour, and finite for tiny ones', () => {
    expect(minimumBarrierSaliency(squareOn(20, 20, [0, 0, 0])).data.every((value) => value === 0)).toBe(true);
    for (const [width, height] of [
      [1, 1],
      [2, 5],
      [3, 3],
    ] as const) {
      const map = minimumBarrierSaliency(squareOn(width, height, [1, 1, 1]));
      expect(map.data.every(Number.isFinite)).toBe(true);
      expect(map.data.length).toBe(width * height);
    }
  });
});

describe('spectral residual', () => {
  it('finds a thing that stands out of a texture', () => {
    const image = squareOn(128, 128, [80, 30, 10], [230, 230, 230]);
    const random = randomStream(2, 'noise');
    const data = image.data.map((level) => level + random.integer(-8, 9));
    const { width, height, data: map } = spectralResidual({ ...image, data });
    expect([width, height]).toEqual([64, 64]);
    const largest = map.indexOf(Math.max(...map));
    expect(Math.abs((largest % 64) - 42)).toBeLessThanOrEqual(6);
    expect(Math.abs(Math.floor(largest / 64) - 17)).toBeLessThanOrEqual(6);
    expect(Math.max(...map)).toBe(1);
  });

  it('A17: is 0 everywhere for an image of one colour', () => {
    expect(spectralResidual(squareOn(20, 30, [0, 0, 0])).data.every((value) => value === 0)).toBe(true);
  });
});

describe('networkFreeHeatMaps', () => {
  const normalise = { mean: [0.5, 0.4, 0.3], std: [0.2, 0.25, 0.3] };
  const images = [squareOn(24, 20, [5, 5, 8]), squareOn(24, 20, [14, 9, 6])];
  const pixels = Float32Array.from(
    images.flatMap(({ data }) =>
      Array.from(data, (level, place) => (level / 255 - normalise.mean[place % 3]!) / normalise.std[place % 3]!),
    ),
  );
  const batch = { images: 2, height: 20, width: 24, pixels };

  it('undoes the normalisation: the maps are those of the images', async () => {
    const maps = await networkFreeHeatMaps({ normalise }).maps(batch);
    expect([maps.height, maps.width]).toEqual([20, 24]);
    const wanted = images.flatMap((image) => [...minimumBarrierSaliency(image).data]);
    expectClose(maps.values, wanted, { abs: 1e-6 });
    const plain = { borderColours: false, smooth: false };
    const barrier = await networkFreeHeatMaps({ minimumBarrier: plain, normalise }).maps(batch);
    const wantedPlain = images.flatMap((image) => [...minimumBarrierSaliency(image, plain).data]);
    expectClose(barrier.values, wantedPlain, { abs: 1e-6 });
    const residual = await networkFreeHeatMaps({ method: 'spectral-residual', normalise }).maps(batch);
    expect(residual.values.length).toBe(2 * 64 * 64);
  });

  it('refuses a method that there is not', () => {
    expect(() => networkFreeHeatMaps({ method: 'spectral' as 'spectral-residual', normalise })).toThrow(
      /UNKNOWN_METHOD/,
    );
  });
});
