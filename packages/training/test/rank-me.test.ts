import { readFileSync } from 'node:fs';
import { randomStream } from '@ssl-scene/random';
import { rankMe } from '@ssl-scene/training';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

interface Case {
  readonly rows: number;
  readonly dimension: number;
  readonly features: readonly number[];
  readonly rankMe: number;
}

const { cases } = JSON.parse(readFileSync(new URL('./fixtures/rank-me.json', import.meta.url), 'utf8')) as {
  readonly cases: readonly Case[];
};

describe('rankMe', () => {
  it.each(cases)(
    'is that of NumPy for $rows rows of $dimension numbers',
    ({ rows, dimension, features, rankMe: want }) => {
      // The smallest singular values pass through the squares of a Gram matrix.
      expect(rankMe(Float32Array.from(features), rows, dimension)).toBeCloseTo(want, 3);
    },
  );

  it('is the number of directions where all weigh the same', () => {
    const identity = Float32Array.from({ length: 64 }, (_, place) => (place % 9 === 0 ? 2 : 0));
    expect(rankMe(identity, 8, 8)).toBeCloseTo(8, 4);
  });

  it('lies between 1 and the smaller side, and does not mind order, scale or transposing', () => {
    const sides = fc.record({ rows: fc.integer({ min: 1, max: 12 }), dimension: fc.integer({ min: 1, max: 12 }) });
    fc.assert(
      fc.property(sides, fc.nat(), ({ rows, dimension }, seed) => {
        const features = new Float32Array(rows * dimension);
        randomStream(seed, 'features').fillNormal(features);
        const rank = rankMe(features, rows, dimension);
        expect(rank).toBeGreaterThan(1 - 1e-5);
        expect(rank).toBeLessThan(Math.min(rows, dimension) + 1e-4);
        const reversed = Float32Array.from(features).reverse();
        expect(rankMe(reversed, rows, dimension)).toBeCloseTo(rank, 3);
        const scaled = features.map((value) => 8 * value);
        expect(rankMe(scaled, rows, dimension)).toBeCloseTo(rank, 3);
        const turned = features.map((_, place) => features[(place % rows) * dimension + Math.floor(place / rows)]!);
        expect(rankMe(turned, dimension, rows)).toBeCloseTo(rank, 3);
      }),
    );
  });

  it('is 1 for equal rows, and for zeros; no number for what is none', () => {
    const equal = Float32Array.from({ length: 30 }, (_, place) => 1 + (place % 5));
    expect(rankMe(equal, 6, 5)).toBeCloseTo(1, 4);
    expect(rankMe(new Float32Array(12), 3, 4)).toBe(1);
    expect(rankMe(Float32Array.of(1, Number.NaN), 1, 2)).toBeNaN();
  });
});
