/** Fraction bits of the sums below. */
const BITS = 160;
const ONE = 1n << BigInt(BITS);

/**
 * Cosine and sine of an angle of at most a few turns, correctly rounded. `Math.cos` may be off in the last bit, differently in
 * every engine; where a rotation rounds it to 15 decimals, that now and then moves a pixel by a level.
 */
export function exactCosineAndSine(angle: number): { cosine: number; sine: number } {
  const fixed = BigInt(Math.trunc(angle * 2 ** BITS));
  let cosine = 0n;
  let sine = 0n;
  let term = ONE;
  for (let power = 0n; term !== 0n; power++) {
    const sign = power % 4n < 2n ? 1n : -1n;
    if (power % 2n === 0n) cosine += sign * term;
    else sine += sign * term;
    term = (term * fixed) / (ONE * (power + 1n));
  }
  return { cosine: Number(cosine) / 2 ** BITS, sine: Number(sine) / 2 ** BITS };
}
