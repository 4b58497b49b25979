import { philox4x32, RandomStream, uniform53 } from '@ssl-scene/random';
import { casesOf } from '@ssl-scene/vitest-config/golden';
import { describe, expect, it } from 'vitest';

const TOPICS = ['random', 'numerics-random'];

const words = (hex: readonly string[]): number[] => hex.map((word) => Number.parseInt(word, 16));
const hex = (values: Iterable<number>): string[] => Array.from(values, (word) => word.toString(16).padStart(8, '0'));

describe('Philox4x32-10, published known answers (Random123)', () => {
  it.each([
    [['00000000', '00000000', '00000000', '00000000'], ['00000000', '00000000'], '6627e8d5 e169c58d bc57ac4c 9b00dbd8'],
    [['ffffffff', 'ffffffff', 'ffffffff', 'ffffffff'], ['ffffffff', 'ffffffff'], '408f276d 41c83b0e a20bc7c6 6d5451fd'],
    [['243f6a88', '85a308d3', '13198a2e', '03707344'], ['a4093822', '299f31d0'], 'd16cfe09 94fdcceb 5001e420 24126ea1'],
  ])('counter %j, key %j', (counter, key, expected) => {
    expect(hex(philox4x32(words(counter), words(key))).join(' ')).toBe(expected);
  });
});

const blocks = casesOf(TOPICS, 'philox4x32');
describe.skipIf(blocks.length === 0)('philox4x32 (needs shared/golden)', () => {
  it.each(blocks)('$id', ({ args, expected }) => {
    expect(hex(philox4x32(words(args.counter), words(args.key), args.rounds))).toEqual(expected);
  });
});

const streams = casesOf(TOPICS, 'philox4x32Stream');
describe.skipIf(streams.length === 0)('streams from a given counter (needs shared/golden)', () => {
  it.each(streams)('$id', ({ args, expected }) => {
    expect(args.rounds).toBe(10);
    const stream = new RandomStream(words(args.key), words(args.counter));
    const got = Array.from({ length: args.blocks }, () => hex(Array.from({ length: 4 }, () => stream.uint32())));
    expect(got).toEqual(expected);
  });
});

const avalanche = casesOf(TOPICS, 'philox4x32Avalanche');
describe.skipIf(avalanche.length === 0)('avalanche of the counter (needs shared/golden)', () => {
  it.each(avalanche)('$id', ({ args, expected }) => {
    const counter = words(args.counter);
    const base = philox4x32(counter, words(args.key), args.rounds);
    const changed = expected.map((_: number, bit: number) => {
      const flipped = counter.map((word, i) => (i === bit >> 5 ? word ^ (1 << (bit & 31)) : word));
      return differingBits(base, philox4x32(flipped, words(args.key), args.rounds));
    });
    expect(changed).toEqual(expected);
  });
});

const uniforms = casesOf(TOPICS, 'uniform53FromWords');
describe.skipIf(uniforms.length === 0)('uniform53 (needs shared/golden)', () => {
  it.each(uniforms)('$id', ({ args, expected }) => {
    const got = args.words.map((pair: [string, string]) => uniform53(words(pair)[0]!, words(pair)[1]!));
    expect(got).toEqual(expected);
  });
});

describe('uniform53', () => {
  it('stays below 1 and moves in steps of 2^-53', () => {
    expect(uniform53(0xffffffff, 0xffffffff)).toBe(1 - 2 ** -53);
    expect(uniform53(0, 64)).toBe(2 ** -53);
  });
});

function differingBits(a: Uint32Array, b: Uint32Array): number {
  let count = 0;
  for (let i = 0; i < a.length; i++) for (let rest = a[i]! ^ b[i]!; rest !== 0; rest &= rest - 1) count++;
  return count;
}
