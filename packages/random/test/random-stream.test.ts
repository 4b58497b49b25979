import { type RandomError, RandomStream, randomStream } from '@ssl-scene/random';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const seeds = fc.nat();

describe('uint32 and uniform', () => {
  it('uniform is made of two words in order', () => {
    const words = randomStream(9);
    const first = words.uint32() >>> 5;
    const second = words.uint32() >>> 6;
    expect(randomStream(9).uniform()).toBe((first * 2 ** 26 + second) / 2 ** 53);
  });

  it('stays in [low, high), also where the two are neighbouring doubles or equal', () => {
    const stream = randomStream(1);
    const next = 1 + Number.EPSILON;
    for (let i = 0; i < 1000; i++) {
      expect(stream.uniform(1, next)).toBe(1);
      expect(stream.uniform(3, 3)).toBe(3);
      const value = stream.uniform(-1e-3, 2e5);
      expect(value >= -1e-3 && value < 2e5).toBe(true);
    }
  });

  it('carries the counter through all four words', () => {
    const stream = new RandomStream([1, 2], [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff]);
    for (let i = 0; i < 4; i++) stream.uint32();
    const wrapped = new RandomStream([1, 2], [0, 0, 0, 0]);
    for (let i = 0; i < 8; i++) expect(stream.uint32()).toBe(wrapped.uint32());
  });
});

describe('integer', () => {
  it('stays in its range and reaches all of it', () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: -50, max: 50 }), fc.integer({ min: 1, max: 9 }), (seed, low, count) => {
        const stream = randomStream(seed);
        const seen = new Set<number>();
        for (let i = 0; i < 300; i++) seen.add(stream.integer(low, low + count));
        expect([...seen].sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => low + i));
      }),
    );
  });

  // Were the result a word modulo 3 * 2^30, the lowest third would come up half of the time.
  it.each([3 * 2 ** 30, 3 * 2 ** 51])('has no modulo bias at a range of %d', (range) => {
    const stream = randomStream(7, 'bias');
    const thirds = [0, 0, 0];
    for (let i = 0; i < 30_000; i++) thirds[Math.floor(stream.integer(0, range) / (range / 3))]!++;
    for (const count of thirds) expect(Math.abs(count - 10_000)).toBeLessThan(5 * Math.sqrt(10_000 * (2 / 3)));
  });

  it.each([
    [0, 2 ** 32],
    [0, 2 ** 32 + 1],
    [-(2 ** 52), 2 ** 52 - 1],
    [0, Number.MAX_SAFE_INTEGER],
  ])('handles the wide range [%d, %d)', (low, high) => {
    const stream = randomStream(8);
    let upperHalf = 0;
    for (let i = 0; i < 10_000; i++) {
      const value = stream.integer(low, high);
      expect(Number.isSafeInteger(value) && value >= low && value < high).toBe(true);
      if (value - low >= (high - low) / 2) upperHalf++;
    }
    expect(Math.abs(upperHalf - 5000)).toBeLessThan(250);
  });
});

describe('bernoulli', () => {
  it('is certain at 0 and 1 and frequent as p says', () => {
    const stream = randomStream(5);
    let hits = 0;
    for (let i = 0; i < 20_000; i++) {
      expect(stream.bernoulli(0)).toBe(false);
      expect(stream.bernoulli(1)).toBe(true);
      if (stream.bernoulli(0.3)) hits++;
    }
    expect(Math.abs(hits - 6000)).toBeLessThan(5 * Math.sqrt(4200));
  });
});

describe('permutation and choice', () => {
  it('permute', () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 0, max: 200 }), (seed, n) => {
        const sorted = randomStream(seed).permutation(n).sort();
        expect(Array.from(sorted)).toEqual(Array.from({ length: n }, (_, i) => i));
      }),
    );
  });

  it('choose the beginning of the permutation, by the dense and by the sparse way', () => {
    fc.assert(
      fc.property(
        seeds,
        fc.integer({ min: 0, max: 6000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (seed, n, share) => {
          const k = Math.floor(n * share ** 3);
          expect(randomStream(seed).choice(n, k)).toEqual(randomStream(seed).permutation(n).slice(0, k));
        },
      ),
    );
  });

  it('take few of very many without touching the rest', () => {
    const chosen = randomStream(1).choice(2 ** 32 - 1, 1000);
    expect(new Set(chosen).size).toBe(1000);
  });

  it('give every order equally often', () => {
    const counts = new Map<string, number>();
    const stream = randomStream(11, 'orders');
    for (let i = 0; i < 24_000; i++) {
      const order = stream.permutation(4).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    const chiSquare = [...counts.values()].reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    // 23 degrees of freedom, upper 1e-4 quantile 57.1.
    expect(chiSquare).toBeLessThan(57.1);
  });
});

describe('filling', () => {
  it('draws the same numbers as one by one', () => {
    const uniform = new Float64Array(50);
    const normal = new Float32Array(50);
    randomStream(1).fillUniform(uniform, -1, 2);
    randomStream(2).fillNormal(normal, 3, 0.5);
    const a = randomStream(1);
    const b = randomStream(2);
    expect(uniform).toEqual(Float64Array.from({ length: 50 }, () => a.uniform(-1, 2)));
    expect(normal).toEqual(Float32Array.from({ length: 50 }, () => b.normal(3, 0.5)));
  });

  it.each([
    [0.99999997, 1],
    [-1, -0.99999997],
    [-1e-46, 0],
    [0, 0.1],
    [0.5, 0.5],
  ])('keeps 32-bit elements below high: [%d, %d)', (low, high) => {
    const out = new Float32Array(2000);
    randomStream(3).fillUniform(out, low, high);
    for (const value of out) expect(value < high || (low === high && value === low)).toBe(true);
  });
});

describe('bad arguments', () => {
  const stream = randomStream(0);
  it.each<[string, () => unknown]>([
    ['BAD_RANGE', () => stream.uniform(2, 1)],
    ['BAD_RANGE', () => stream.uniform(0, Number.NaN)],
    ['BAD_RANGE', () => stream.uniform(-Number.MAX_VALUE, Number.MAX_VALUE)],
    ['BAD_RANGE', () => stream.fillUniform(new Float32Array(1), 1, 0)],
    ['BAD_RANGE', () => stream.integer(3, 3)],
    ['BAD_RANGE', () => stream.integer(0, 1.5)],
    ['BAD_RANGE', () => stream.integer(-Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)],
    ['BAD_PROBABILITY', () => stream.bernoulli(1.01)],
    ['BAD_PROBABILITY', () => stream.bernoulli(Number.NaN)],
    ['BAD_NORMAL', () => stream.normal(0, -1)],
    ['BAD_NORMAL', () => stream.fillNormal(new Float32Array(1), Number.NaN)],
    ['BAD_SHAPE', () => stream.gamma(0)],
    ['BAD_SHAPE', () => stream.logGamma(-1)],
    ['BAD_SHAPE', () => stream.beta(1, Number.POSITIVE_INFINITY)],
    ['BAD_SHAPE', () => stream.beta(Number.NaN, 1)],
    ['BAD_COUNT', () => stream.permutation(-1)],
    ['BAD_COUNT', () => stream.permutation(1.5)],
    ['BAD_COUNT', () => stream.choice(3, 4)],
  ])('%s: %s', (code, call) => {
    let caught: unknown;
    try {
      call();
    } catch (error) {
      caught = error;
    }
    expect((caught as RandomError | undefined)?.code).toBe(code);
  });
});
