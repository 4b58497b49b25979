/**
 * Pillow's `Image.blend` of two 8-bit values: `from + factor * (to - from)` in single precision, without fused rounding,
 * truncated and clipped. Factors beyond [0, 1] extrapolate.
 *
 * @param factor already rounded to single precision
 */
export function blend(from: number, to: number, factor: number): number {
  const value = Math.fround(from + Math.fround(factor * (to - from)));
  return value <= 0 ? 0 : value >= 255 ? 255 : Math.trunc(value);
}

/** For every 8-bit value its blend with one constant, written to `table`. */
export function fillBlendTable(constant: number, factor: number, table: Uint8Array): void {
  const single = Math.fround(factor);
  for (let value = 0; value < 256; value++) table[value] = blend(constant, value, single);
}
