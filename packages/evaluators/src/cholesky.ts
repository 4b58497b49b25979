/**
 * Lower triangle L with LLᵀ = the symmetric matrix whose lower triangle is given, or `undefined` where rounding leaves the
 * matrix without one.
 */
export function choleskyFactor(matrix: Float64Array, size: number): Float64Array | undefined {
  const factor = matrix.slice();
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let value = factor[i * size + j]!;
      for (let k = 0; k < j; k++) value -= factor[i * size + k]! * factor[j * size + k]!;
      if (i === j && !(value > 0)) return undefined;
      factor[i * size + j] = i === j ? Math.sqrt(value) : value / factor[j * size + j]!;
    }
  }
  return factor;
}

/** x with Lx = b, for a lower triangle L. */
export function solveLower(factor: Float64Array, b: Float64Array): Float64Array {
  const size = b.length;
  const x = b.slice();
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < i; j++) x[i]! -= factor[i * size + j]! * x[j]!;
    x[i]! /= factor[i * size + i]!;
  }
  return x;
}

/** x with Lᵀx = b, for a lower triangle L. */
export function solveLowerTransposed(factor: Float64Array, b: Float64Array): Float64Array {
  const size = b.length;
  const x = b.slice();
  for (let i = size - 1; i >= 0; i--) {
    x[i]! /= factor[i * size + i]!;
    for (let j = 0; j < i; j++) x[j]! -= factor[i * size + j]! * x[i]!;
  }
  return x;
}
