import { multiplyHigh, philoxBlock } from './philox.ts';
import { RandomError } from './random-error.ts';
import { hashPath, type KeyPart } from './stream-key.ts';
import { uniform53 } from './uniform.ts';
import { TAIL_START, ziggurat } from './ziggurat.ts';

const TWO_32 = 2 ** 32;
const TWO_53 = 2 ** 53;

/** Where the words of a stream's state lie: the block drawn from, the counter of the next block, the key. */
const BLOCK = 0;
const COUNTER = 4;
const KEY = 8;
const STATE_WORDS = 10;
const BLOCK_WORDS = 4;

/** Above this many numbers, `choice` keeps only the moved ones, unless it takes a large share of them. */
const DENSE_CHOICE = 1024;

/**
 * A sequence of random numbers: the blocks of Philox4x32-10 under one key, for counters that rise by one. A stream is
 * cheap to make and holds 40 bytes; it is meant to be made where it is needed, used, and dropped.
 *
 * Two streams with the same key and counter give the same numbers, on every machine and in every thread. The integers and
 * uniform numbers use integer arithmetic alone; the other laws also use `Math.log`, `exp`, `sqrt` and so agree to the
 * last bit wherever the JavaScript engine is the same.
 */
export class RandomStream {
  readonly #state = new Uint32Array(STATE_WORDS);
  #used = BLOCK_WORDS;

  /**
   * The stream at a given place of Philox's sequence; `randomStream` is the usual way to get one.
   *
   * @param key two 32-bit words
   * @param counter four 32-bit words, the least significant first: the counter of the first block
   */
  constructor(key: ArrayLike<number>, counter: ArrayLike<number>) {
    for (let word = 0; word < 4; word++) this.#state[COUNTER + word] = counter[word]!;
    this.#state[KEY] = key[0]!;
    this.#state[KEY + 1] = key[1]!;
  }

  /** A uniform integer from 0 to 2^32 - 1: the next word of the sequence. All other draws are made from these words in order. */
  uint32(): number {
    if (this.#used === BLOCK_WORDS) this.#nextBlock();
    return this.#state[BLOCK + this.#used++]!;
  }

  /**
   * A uniform number in [low, high) with 53 random bits, from two words; `low` where both are equal.
   *
   * @param low 0 by default
   * @param high 1 by default, at least `low`
   */
  uniform(low = 0, high = 1): number {
    checkRange('uniform', low, high);
    return this.#uniformIn(low, high);
  }

  /** A uniform integer in [low, high), both integers, without modulo bias (Lemire's multiplication with rejection, 2019). */
  integer(low: number, high: number): number {
    const count = high - low;
    if (!Number.isSafeInteger(low) || !Number.isSafeInteger(high) || count < 1 || count > TWO_53 - 1) {
      throw new RandomError({
        code: 'BAD_RANGE',
        expected: 'integers low < high that are less than 2^53 apart',
        found: `low ${low}, high ${high}`,
        where: 'integer',
        fix: 'Pass the first integer wanted and the one after the last.',
      });
    }
    return low + (count <= TWO_32 ? this.#below(count) : this.#belowLarge(count));
  }

  /** True with probability `p`, in [0, 1]. */
  bernoulli(p: number): boolean {
    if (!(p >= 0 && p <= 1)) {
      throw new RandomError({
        code: 'BAD_PROBABILITY',
        expected: 'a probability from 0 to 1',
        found: String(p),
        where: 'bernoulli',
        fix: 'Divide percentages by 100.',
      });
    }
    return this.#uniform01() < p;
  }

  /**
   * A number of the normal law, by Marsaglia and Tsang's ziggurat with 256 layers; layer, sign and the 53 bits of the
   * position are independent bits (Doornik, "An improved ziggurat method", 2005). Two words in 98.5 % of the draws.
   *
   * @param mean 0 by default
   * @param std standard deviation, 1 by default, not negative
   */
  normal(mean = 0, std = 1): number {
    checkNormal('normal', mean, std);
    return mean + std * this.#standardNormal();
  }

  /**
   * A number of the gamma law with the given shape (any above 0) and rate 1: Marsaglia and Tsang's method ("A simple
   * method for generating gamma variables", 2000), below shape 1 through shape + 1 and a power of a uniform number.
   * Tiny shapes put mass below the smallest double, which comes out as 0; see `logGamma`.
   */
  gamma(shape: number): number {
    checkShape('gamma', 'shape', shape);
    return shape >= 1 ? this.#gammaFromOne(shape) : Math.exp(this.#logGammaBelowOne(shape));
  }

  /** The logarithm of what `gamma(shape)` would draw: finite for every shape, also where the number itself would be 0. */
  logGamma(shape: number): number {
    checkShape('logGamma', 'shape', shape);
    return this.#logGamma(shape);
  }

  /**
   * A number of the beta law on [0, 1], for any a and b above 0, as X / (X + Y) of two gamma numbers. Where a shape is
   * below 1 the quotient is taken of logarithms, so that it never is 0 / 0. For small shapes the true law has mass within
   * rounding of the ends, hence exact 0 and 1 occur: 1 in 1.2 % of the draws for a = b = 0.1.
   */
  beta(a: number, b: number): number {
    checkShape('beta', 'a', a);
    checkShape('beta', 'b', b);
    if (a >= 1 && b >= 1) {
      const x = this.#gammaFromOne(a);
      return x / (x + this.#gammaFromOne(b));
    }
    const logX = this.#logGamma(a);
    return 1 / (1 + Math.exp(this.#logGamma(b) - logX));
  }

  /** The integers 0 to n - 1 in random order, every order equally likely (Fisher and Yates). */
  permutation(n: number): Uint32Array {
    checkCount('permutation', n, 'numbers');
    const numbers = identity(n);
    this.#shuffleFront(numbers, n);
    return numbers;
  }

  /**
   * `k` different integers from 0 to n - 1 in random order: the first k of what `permutation(n)` would give, in time and
   * memory proportional to k where k is much less than n.
   */
  choice(n: number, k: number): Uint32Array {
    checkCount('choice', n, 'numbers');
    checkCount('choice', k, 'numbers to take');
    if (k > n) {
      throw new RandomError({
        code: 'BAD_COUNT',
        expected: `at most ${n} numbers to take without replacement`,
        found: String(k),
        where: 'choice',
        fix: 'Take fewer, or draw with replacement by integer(0, n).',
      });
    }
    if (n > DENSE_CHOICE && k < n / 8) return this.#sparseChoice(n, k);
    const numbers = identity(n);
    this.#shuffleFront(numbers, k);
    return numbers.slice(0, k);
  }

  /**
   * Fills `out` with uniform numbers in [low, high), as `uniform` draws them. For 32-bit elements a number is rounded to
   * the nearest one below `high`.
   *
   * @param low 0 by default
   * @param high 1 by default, at least `low`
   */
  fillUniform(out: Float32Array | Float64Array, low = 0, high = 1): void {
    checkRange('fillUniform', low, high);
    if (out instanceof Float64Array || low === high) {
      for (let i = 0; i < out.length; i++) out[i] = this.#uniformIn(low, high);
      return;
    }
    const largest = largestFloat32Below(high);
    for (let i = 0; i < out.length; i++) out[i] = Math.min(Math.fround(this.#uniformIn(low, high)), largest);
  }

  /**
   * Fills `out` with numbers of the normal law, as `normal` draws them.
   *
   * @param mean 0 by default
   * @param std standard deviation, 1 by default, not negative
   */
  fillNormal(out: Float32Array | Float64Array, mean = 0, std = 1): void {
    checkNormal('fillNormal', mean, std);
    for (let i = 0; i < out.length; i++) out[i] = mean + std * this.#standardNormal();
  }

  #nextBlock(): void {
    const state = this.#state;
    philoxBlock(
      state,
      BLOCK,
      state[COUNTER]!,
      state[COUNTER + 1]!,
      state[COUNTER + 2]!,
      state[COUNTER + 3]!,
      state[KEY]!,
      state[KEY + 1]!,
    );
    this.#used = 0;
    let word = COUNTER;
    do {
      state[word]!++;
    } while (state[word] === 0 && ++word < KEY);
  }

  #uniform01(): number {
    const first = this.uint32();
    return uniform53(first, this.uint32());
  }

  #uniformIn(low: number, high: number): number {
    if (low === 0 && high === 1) return this.#uniform01();
    for (;;) {
      const value = low + (high - low) * this.#uniform01();
      // Rounding can reach `high` where the two are close; at least half of the draws do not.
      if (value < high || low === high) return value;
    }
  }

  /** For count up to 2^32. */
  #below(count: number): number {
    if (count === TWO_32) return this.uint32();
    let word = this.uint32();
    let remainder = Math.imul(word, count) >>> 0;
    if (remainder < count) {
      // The first 2^32 mod count remainders of every result are one word too many.
      const excess = (TWO_32 - count) % count;
      while (remainder < excess) {
        word = this.uint32();
        remainder = Math.imul(word, count) >>> 0;
      }
    }
    return multiplyHigh(word, count) >>> 0;
  }

  #belowLarge(count: number): number {
    const limit = TWO_53 - (TWO_53 % count);
    for (;;) {
      const value = this.#uniform01() * TWO_53;
      if (value < limit) return value % count;
    }
  }

  #standardNormal(): number {
    const { edge, height } = ziggurat;
    for (;;) {
      const first = this.uint32();
      const second = this.uint32();
      // The bits that uniform53 leaves out.
      const layer = (first & 31) | ((second & 7) << 5);
      const sign = (second & 8) === 0 ? 1 : -1;
      const x = uniform53(first, second) * edge[layer]!;
      if (x < edge[layer + 1]!) return sign * x;
      if (layer === 0) return sign * this.#normalTail();
      const y = height[layer]! + this.#uniform01() * (height[layer + 1]! - height[layer]!);
      if (y < Math.exp(-0.5 * x * x)) return sign * x;
    }
  }

  /** The normal law given that it is above `TAIL_START` (Marsaglia, "Generating a variable from the tail", 1964). */
  #normalTail(): number {
    for (;;) {
      const x = -Math.log(1 - this.#uniform01()) / TAIL_START;
      const y = -Math.log(1 - this.#uniform01());
      if (2 * y >= x * x) return TAIL_START + x;
    }
  }

  #logGamma(shape: number): number {
    return shape >= 1 ? Math.log(this.#gammaFromOne(shape)) : this.#logGammaBelowOne(shape);
  }

  #logGammaBelowOne(shape: number): number {
    const larger = Math.log(this.#gammaFromOne(shape + 1));
    return larger + Math.log(1 - this.#uniform01()) / shape;
  }

  /** For shape at least 1. */
  #gammaFromOne(shape: number): number {
    const d = shape - 1 / 3;
    const c = 1 / Math.sqrt(9 * d);
    for (;;) {
      const x = this.#standardNormal();
      const root = 1 + c * x;
      if (root <= 0) continue;
      const v = root * root * root;
      const u = 1 - this.#uniform01();
      const squeeze = 1 - 0.0331 * x * x * x * x;
      if (u < squeeze || Math.log(u) < 0.5 * x * x + d * (1 - v + Math.log(v))) return d * v;
    }
  }

  /** Puts random ones of the numbers into the first `count` places. */
  #shuffleFront(numbers: Uint32Array, count: number): void {
    const n = numbers.length;
    for (let i = 0; i < count; i++) {
      const j = i + this.#below(n - i);
      const taken = numbers[j]!;
      numbers[j] = numbers[i]!;
      numbers[i] = taken;
    }
  }

  /** The same shuffle on an array that is the identity except where `moved` says otherwise. */
  #sparseChoice(n: number, k: number): Uint32Array {
    const chosen = new Uint32Array(k);
    const moved = new Map<number, number>();
    for (let i = 0; i < k; i++) {
      const j = i + this.#below(n - i);
      chosen[i] = moved.get(j) ?? j;
      moved.set(j, moved.get(i) ?? i);
    }
    return chosen;
  }
}

/**
 * The stream that a seed and a path of numbers and strings name, for example
 * `randomStream(seed, 'crop', epoch, index, view)`. The same arguments always give the same numbers; any other path, also
 * the same parts in another order, gives an independent stream. The path is hashed to 128 bits (see the README): 64 become
 * Philox's key and 64 the upper half of its counter, so a stream is 2^64 blocks long.
 *
 * @throws RandomError `BAD_KEY` where a number is not an integer from 0 to 2^53 - 1
 */
export function randomStream(seed: number, ...key: KeyPart[]): RandomStream {
  const hash = new Uint32Array(4);
  hashPath(seed, key, hash);
  return new RandomStream(hash, [0, 0, hash[2]!, hash[3]!]);
}

function identity(n: number): Uint32Array {
  const numbers = new Uint32Array(n);
  for (let i = 0; i < n; i++) numbers[i] = i;
  return numbers;
}

function largestFloat32Below(value: number): number {
  const nearest = Math.fround(value);
  if (nearest < value) return nearest;
  if (nearest === 0) return -(2 ** -149);
  const float = new Float32Array([nearest]);
  const bits = new Int32Array(float.buffer);
  bits[0]! += nearest > 0 ? -1 : 1;
  return float[0]!;
}

function checkRange(where: string, low: number, high: number): void {
  if (low <= high && Number.isFinite(high - low)) return;
  throw new RandomError({
    code: 'BAD_RANGE',
    expected: 'finite numbers low <= high',
    found: `low ${low}, high ${high}`,
    where,
    fix: 'Pass the lower end first.',
  });
}

function checkNormal(where: string, mean: number, std: number): void {
  if (Number.isFinite(mean) && std >= 0 && Number.isFinite(std)) return;
  throw new RandomError({
    code: 'BAD_NORMAL',
    expected: 'a finite mean and a finite standard deviation of at least 0',
    found: `mean ${mean}, std ${std}`,
    where,
    fix: 'Check where the two come from; pass the standard deviation, not the variance.',
  });
}

function checkShape(where: string, name: string, shape: number): void {
  if (shape > 0 && Number.isFinite(shape)) return;
  throw new RandomError({
    code: 'BAD_SHAPE',
    expected: `a finite ${name} above 0`,
    found: String(shape),
    where,
    fix: 'Pass a positive number; for a point mass take the point itself.',
  });
}

function checkCount(where: string, count: number, what: string): void {
  if (Number.isSafeInteger(count) && count >= 0 && count < TWO_32) return;
  throw new RandomError({
    code: 'BAD_COUNT',
    expected: `a count of ${what} from 0 to 2^32 - 1`,
    found: String(count),
    where,
    fix: 'Pass a whole number.',
  });
}
