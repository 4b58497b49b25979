/** Multipliers and key increments of Philox4x32 (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011). */
const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
const MULTIPLIER_0_LOW = MULTIPLIER_0 & 0xffff;
const MULTIPLIER_0_HIGH = MULTIPLIER_0 >>> 16;
const MULTIPLIER_1_LOW = MULTIPLIER_1 & 0xffff;
const MULTIPLIER_1_HIGH = MULTIPLIER_1 >>> 16;
const KEY_STEP_0 = 0x9e3779b9;
const KEY_STEP_1 = 0xbb67ae85;

/** The number of rounds that the authors recommend; 7 is the fewest that passes their statistical tests. */
const ROUNDS = 10;

/** The upper 32 bits of the 64-bit product of two 32-bit words, as a signed 32-bit integer: schoolbook multiplication by halves, which stays within 32 bits. */
export function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  // Neither sum exceeds 32 bits: (2^16 - 1)^2 + 2^16 - 1 < 2^32.
  const middle = Math.imul(aHigh, bLow) + (Math.imul(aLow, bLow) >>> 16);
  const upperMiddle = Math.imul(aLow, bHigh) + (middle & 0xffff);
  return (Math.imul(aHigh, bHigh) + (middle >>> 16) + (upperMiddle >>> 16)) | 0;
}

/**
 * Philox4x32 on loose words, so that the hot path allocates nothing; writes the block to `out[at] … out[at + 3]`.
 * The two products are written out, half by half as in `multiplyHigh`: as calls they cost the engine its inlining budget
 * and every draw half as much again.
 */
export function philoxBlock(
  out: Uint32Array,
  at: number,
  counter0: number,
  counter1: number,
  counter2: number,
  counter3: number,
  key0: number,
  key1: number,
  rounds: number = ROUNDS,
): void {
  let word0 = counter0 | 0;
  let word1 = counter1 | 0;
  let word2 = counter2 | 0;
  let word3 = counter3 | 0;
  let roundKey0 = key0 | 0;
  let roundKey1 = key1 | 0;
  for (let round = 0; round < rounds; round++) {
    const low0 = word0 & 0xffff;
    const high0 = word0 >>> 16;
    const middle0 = Math.imul(MULTIPLIER_0_HIGH, low0) + (Math.imul(MULTIPLIER_0_LOW, low0) >>> 16);
    const upperMiddle0 = Math.imul(MULTIPLIER_0_LOW, high0) + (middle0 & 0xffff);
    const productHigh0 = Math.imul(MULTIPLIER_0_HIGH, high0) + (middle0 >>> 16) + (upperMiddle0 >>> 16);

    const low2 = word2 & 0xffff;
    const high2 = word2 >>> 16;
    const middle2 = Math.imul(MULTIPLIER_1_HIGH, low2) + (Math.imul(MULTIPLIER_1_LOW, low2) >>> 16);
    const upperMiddle2 = Math.imul(MULTIPLIER_1_LOW, high2) + (middle2 & 0xffff);
    const productHigh2 = Math.imul(MULTIPLIER_1_HIGH, high2) + (middle2 >>> 16) + (upperMiddle2 >>> 16);

    const next0 = productHigh2 ^ word1 ^ roundKey0;
    const next2 = productHigh0 ^ word3 ^ roundKey1;
    word1 = Math.imul(MULTIPLIER_1, word2);
    word3 = Math.imul(MULTIPLIER_0, word0);
    word0 = next0;
    word2 = next2;
    roundKey0 = (roundKey0 + KEY_STEP_0) | 0;
    roundKey1 = (roundKey1 + KEY_STEP_1) | 0;
  }
  out[at] = word0;
  out[at + 1] = word1;
  out[at + 2] = word2;
  out[at + 3] = word3;
}

/**
 * One block of Philox4x32: a keyed bijection of 128-bit counters, whose values for successive counters are random to
 * every test known. Most callers want `randomStream`.
 *
 * @param counter four 32-bit words, the least significant first
 * @param key two 32-bit words
 * @param rounds 10 by default, as the authors recommend
 * @returns four 32-bit words
 */
export function philox4x32(counter: ArrayLike<number>, key: ArrayLike<number>, rounds: number = ROUNDS): Uint32Array {
  const block = new Uint32Array(4);
  philoxBlock(block, 0, counter[0]!, counter[1]!, counter[2]!, counter[3]!, key[0]!, key[1]!, rounds);
  return block;
}
