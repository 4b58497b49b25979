const TWO_26 = 2 ** 26;
const TWO_MINUS_53 = 2 ** -53;

/**
 * A double in [0, 1) from two 32-bit words: 27 bits of the first above 26 bits of the second, a multiple of 2^-53. It is
 * the convention of the Mersenne Twister's reference code and of NumPy's legacy generator.
 */
export function uniform53(first: number, second: number): number {
  return ((first >>> 5) * TWO_26 + (second >>> 6)) * TWO_MINUS_53;
}
