/** Complex numbers, real and imaginary parts apart. */
export interface ComplexValues {
  readonly real: Float64Array;
  readonly imaginary: Float64Array;
}

/**
 * The two-dimensional discrete Fourier transform of a square image, in place: radix 2, so that the side must be a power of
 * two. The inverse divides by the number of values.
 */
export function fourierTransform(values: ComplexValues, side: number, inverse = false): void {
  const line = { real: new Float64Array(side), imaginary: new Float64Array(side) };
  for (let row = 0; row < side; row++) transformLine(values, row * side, 1, line, inverse);
  for (let column = 0; column < side; column++) transformLine(values, column, side, line, inverse);
  if (!inverse) return;
  for (let place = 0; place < side * side; place++) {
    values.real[place]! /= side * side;
    values.imaginary[place]! /= side * side;
  }
}

/** Transforms every `step`-th value from `start` on. */
function transformLine(
  values: ComplexValues,
  start: number,
  step: number,
  line: ComplexValues,
  inverse: boolean,
): void {
  const length = line.real.length;
  for (let place = 0; place < length; place++) {
    line.real[place] = values.real[start + place * step]!;
    line.imaginary[place] = values.imaginary[start + place * step]!;
  }
  reorder(line);
  for (let half = 1; half < length; half *= 2) combine(line, half, inverse);
  for (let place = 0; place < length; place++) {
    values.real[start + place * step] = line.real[place]!;
    values.imaginary[start + place * step] = line.imaginary[place]!;
  }
}

/** Puts each value at the place whose binary digits are its own in reverse. */
function reorder({ real, imaginary }: ComplexValues): void {
  for (let place = 1, mirrored = 0; place < real.length; place++) {
    let bit = real.length >> 1;
    for (; mirrored & bit; bit >>= 1) mirrored ^= bit;
    mirrored ^= bit;
    if (place >= mirrored) continue;
    [real[place], real[mirrored]] = [real[mirrored]!, real[place]!];
    [imaginary[place], imaginary[mirrored]] = [imaginary[mirrored]!, imaginary[place]!];
  }
}

/** Makes transforms of twice `half` values out of pairs of transforms of `half` values (Cooley and Tukey 1965). */
function combine({ real, imaginary }: ComplexValues, half: number, inverse: boolean): void {
  const turn = ((inverse ? 1 : -1) * Math.PI) / half;
  for (let offset = 0; offset < half; offset++) {
    const [cosine, sine] = [Math.cos(turn * offset), Math.sin(turn * offset)];
    for (let even = offset; even < real.length; even += 2 * half) {
      const odd = even + half;
      const turnedReal = real[odd]! * cosine - imaginary[odd]! * sine;
      const turnedImaginary = real[odd]! * sine + imaginary[odd]! * cosine;
      real[odd] = real[even]! - turnedReal;
      imaginary[odd] = imaginary[even]! - turnedImaginary;
      real[even]! += turnedReal;
      imaginary[even]! += turnedImaginary;
    }
  }
}
