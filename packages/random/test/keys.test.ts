import { isSceneError } from '@ssl-scene/errors';
import { type KeyPart, RandomError, randomStream } from '@ssl-scene/random';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const integer = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
const part: fc.Arbitrary<KeyPart> = fc.oneof(integer, fc.nat(3), fc.string({ maxLength: 9 }));
const path = fc.array(part, { maxLength: 5 });

const first = (seed: number, ...key: KeyPart[]): string => {
  const stream = randomStream(seed, ...key);
  return Array.from({ length: 4 }, () => stream.uint32()).join();
};

describe('keys', () => {
  it('give the same stream for the same path, another for any other', () => {
    fc.assert(
      fc.property(integer, path, path, (seed, a, b) => {
        expect(first(seed, ...a)).toBe(first(seed, ...a));
        expect(first(seed, ...a) === first(seed, ...b)).toBe(JSON.stringify(a) === JSON.stringify(b));
      }),
      { numRuns: 1000 },
    );
  });

  it('distinguish seed, order, type, borders of strings, beginnings, and numbers beyond 32 bits', () => {
    const keys: [number, ...KeyPart[]][] = [
      [0],
      [1],
      [0, 0],
      [0, 0, 0],
      [0, 1],
      [1, 0],
      [0, '0'],
      [0, ''],
      [0, '', ''],
      [0, 'ab', 'c'],
      [0, 'a', 'bc'],
      [0, 'abc'],
      [0, 'abcd'],
      [0, 'abcd\0'],
      [0, 'abcd', 0],
      [0, 'view', 3, 17],
      [0, 'view', 17, 3],
      [0, 2 ** 32],
      [0, 2 ** 32 + 1],
      [2 ** 53 - 1],
      [0, 2 ** 53 - 1],
      [0, 'é'],
      [0, 'e\u0301'],
    ];
    expect(new Set(keys.map((key) => first(...key))).size).toBe(keys.length);
  });

  it('do not collide over the keys of a run, not even in the 64 bits of the first two words', () => {
    const seen = new Set<number>();
    for (let epoch = 0; epoch < 20; epoch++) {
      for (let index = 0; index < 2000; index++) {
        for (const view of ['a', 'b']) seen.add(randomStream(1, 'view', epoch, index, view).integer(0, 2 ** 53 - 1));
      }
    }
    expect(seen.size).toBe(80_000);
  });

  it('change half of the bits of the stream with any bit of a number', () => {
    const counts: number[] = [];
    for (let bit = 0; bit < 53; bit++) {
      const a = randomStream(5, 'x', 12345);
      const b = randomStream(5, 'x', bit < 31 ? 12345 ^ (1 << bit) : 12345 + 2 ** bit);
      let different = 0;
      for (let word = 0; word < 32; word++) {
        for (let rest = a.uint32() ^ b.uint32(); rest !== 0; rest &= rest - 1) different++;
      }
      counts.push(different);
    }
    // 1024 bits each: 512 with standard deviation 16.
    for (const count of counts) expect(Math.abs(count - 512)).toBeLessThan(5 * 16);
  });

  it('give first draws that are uniform over neighbouring indices', () => {
    const bins = new Float64Array(64);
    const draws = 64_000;
    for (let index = 0; index < draws; index++) bins[Math.floor(randomStream(3, 'crop', 0, index).uniform() * 64)]!++;
    const chiSquare = bins.reduce((sum, count) => sum + (count - draws / 64) ** 2 / (draws / 64), 0);
    // 63 degrees of freedom, upper 1e-4 quantile.
    expect(chiSquare).toBeLessThan(113.5);
  });

  it('stay the same from release to release', () => {
    expect(first(0)).toMatchInlineSnapshot(`"4143979075,4129497906,2536581808,2936906913"`);
    expect(first(42, 'view', 3, 17, 'query')).toMatchInlineSnapshot(`"859609656,2119294281,2055966498,309780139"`);
    expect(first(2 ** 53 - 1, 2 ** 40 + 5, 'Größe')).toMatchInlineSnapshot(
      `"1291341776,3428089335,961294595,2973435994"`,
    );
  });

  it.each([[-1], [0.5], [Number.NaN], [2 ** 53], [Number.POSITIVE_INFINITY], [undefined], [true], [1n]])(
    'refuse %s',
    (bad) => {
      const make = (): unknown => randomStream(1, 'a', bad as number);
      expect(make).toThrow(RandomError);
      expect(make).toThrow(/BAD_KEY.*part 2 of the key/);
      expect(() => randomStream(bad as number)).toThrow(/BAD_KEY.*the seed/);
    },
  );

  it('are refused by an error of the ssl-scene family, with all its fields', () => {
    let caught: unknown;
    try {
      randomStream(-1);
    } catch (error) {
      caught = error;
    }
    expect(isSceneError(caught)).toBe(true);
    expect(caught).toMatchObject({ code: 'BAD_KEY', found: '-1', where: 'randomStream, the seed' });
    expect((caught as RandomError).expected).not.toBe('');
    expect((caught as RandomError).fix).not.toBe('');
  });
});
