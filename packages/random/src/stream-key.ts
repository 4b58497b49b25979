import { philoxBlock } from './philox.ts';
import { RandomError } from './random-error.ts';

/** One step of the path that names a stream: an integer from 0 to 2^53 - 1, or any string. */
export type KeyPart = number | string;

/** "ssl-scene random1" without its blank, in ASCII: the state before anything is absorbed. Change it and every run changes. */
const INITIAL_STATE = [0x73736c2d, 0x7363656e, 0x6572616e, 0x646f6d31] as const;

/** First byte of a block; a block of characters needs none, because the block before it says how many follow. */
const NUMBER = 0x01000000;
const STRING = 0x02000000;
const END = 0x03000000;

const TWO_32 = 2 ** 32;
const UNITS_PER_BLOCK = 4;

/**
 * Hashes a path of numbers and strings to 128 bits, written to `state[0] … state[3]`.
 *
 * The path becomes a sequence of 64-bit blocks that can be read back in one way only: a number is one block (a tag and 53
 * bits), a string one block (a tag and its length) and one for every four UTF-16 units, the end one block (a tag and the
 * number of parts). So the number 1 differs from the string "1", ("ab", "c") from ("a", "bc"), and a path from its
 * beginning. Blocks are absorbed in order by the Davies-Meyer construction on Philox4x32-10, `state = E_block(state) ^ state`,
 * as MD5 and SHA-2 do on their ciphers. Paths collide as 128-bit random values would: with 2^40 streams in use the chance
 * that any two are equal is about 2^-49. It is no cryptographic hash: it does not resist someone who looks for collisions.
 */
export function hashPath(seed: number, path: readonly KeyPart[], state: Uint32Array): void {
  state[0] = INITIAL_STATE[0];
  state[1] = INITIAL_STATE[1];
  state[2] = INITIAL_STATE[2];
  state[3] = INITIAL_STATE[3];
  absorbNumber(state, seed, 'the seed');
  for (let position = 0; position < path.length; position++) {
    const part = path[position]!;
    if (typeof part === 'string') absorbString(state, part);
    else absorbNumber(state, part, `part ${position + 1} of the key`);
  }
  absorb(state, path.length, END);
}

function absorbNumber(state: Uint32Array, value: number, what: string): void {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new RandomError({
      code: 'BAD_KEY',
      expected: 'an integer from 0 to 2^53 - 1, or in the key a string',
      found: typeof value === 'number' ? String(value) : `a value of type ${typeof value}`,
      where: `randomStream, ${what}`,
      fix: 'Name fractions and negative numbers by a string.',
    });
  }
  absorb(state, value >>> 0, NUMBER | Math.floor(value / TWO_32));
}

function absorbString(state: Uint32Array, text: string): void {
  absorb(state, text.length, STRING);
  for (let start = 0; start < text.length; start += UNITS_PER_BLOCK) {
    absorb(
      state,
      unit(text, start) | (unit(text, start + 1) << 16),
      unit(text, start + 2) | (unit(text, start + 3) << 16),
    );
  }
}

function unit(text: string, position: number): number {
  return position < text.length ? text.charCodeAt(position) : 0;
}

function absorb(state: Uint32Array, low: number, high: number): void {
  const before0 = state[0]!;
  const before1 = state[1]!;
  const before2 = state[2]!;
  const before3 = state[3]!;
  philoxBlock(state, 0, before0, before1, before2, before3, low, high);
  state[0]! ^= before0;
  state[1]! ^= before1;
  state[2]! ^= before2;
  state[3]! ^= before3;
}
