/**
 * Eigenvalues of a symmetric matrix, in no particular order: Householder reflections to tridiagonal form, then implicit QL
 * steps (EISPACK's `tred1` and `imtql1`). O(n³) for the first, O(n²) for the second.
 *
 * @param matrix n × n values, row by row; changed by this function.
 */
export function symmetricEigenvalues(matrix: Float64Array, n: number): Float64Array {
  const { diagonal, beside } = tridiagonal(matrix, n);
  return tridiagonalEigenvalues(diagonal, beside);
}

interface Tridiagonal {
  readonly diagonal: Float64Array;
  /** `beside[i]` stands between the diagonal's places i and i + 1; the last is 0. */
  readonly beside: Float64Array;
}

function tridiagonal(matrix: Float64Array, n: number): Tridiagonal {
  const beside = new Float64Array(n);
  const product = new Float64Array(n);
  for (let row = n - 1; row >= 2; row--) {
    const vector = matrix.subarray(row * n, row * n + row);
    const length = Math.hypot(...vector);
    if (length === 0) continue;
    const last = vector[row - 1]!;
    const image = last > 0 ? -length : length;
    beside[row - 1] = image;
    vector[row - 1] = last - image;
    const half = length * (length + Math.abs(last));
    reflectBothSides(matrix, n, vector, half, product);
  }
  beside[0] = n > 1 ? matrix[n]! : 0;
  return { diagonal: Float64Array.from({ length: n }, (_, i) => matrix[i * n + i]!), beside };
}

/** A ← H A H on the leading block of the vector's length, for H = 1 - v vᵀ / half; lower triangle only. */
function reflectBothSides(
  matrix: Float64Array,
  n: number,
  vector: Float64Array,
  half: number,
  product: Float64Array,
): void {
  const size = vector.length;
  product.fill(0, 0, size);
  for (let i = 0; i < size; i++) {
    const start = i * n;
    const here = vector[i]!;
    let sum = matrix[start + i]! * here;
    for (let j = 0; j < i; j++) {
      sum += matrix[start + j]! * vector[j]!;
      product[j]! += matrix[start + j]! * here;
    }
    product[i]! += sum;
  }
  let shared = 0;
  for (let i = 0; i < size; i++) shared += product[i]! * vector[i]!;
  const share = shared / (2 * half);
  for (let i = 0; i < size; i++) product[i] = (product[i]! - share * vector[i]!) / half;
  for (let i = 0; i < size; i++) {
    const [here, other] = [vector[i]!, product[i]!];
    for (let j = 0; j <= i; j++) matrix[i * n + j]! -= here * product[j]! + other * vector[j]!;
  }
}

const MOST_ROUNDS = 60;

function tridiagonalEigenvalues(diagonal: Float64Array, beside: Float64Array): Float64Array {
  const n = diagonal.length;
  for (let start = 0; start < n; start++) {
    for (let round = 0; round < MOST_ROUNDS; round++) {
      const end = blockEnd(diagonal, beside, start);
      if (end === start) break;
      qlStep(diagonal, beside, start, end);
    }
  }
  return diagonal;
}

/** Last place of the block that begins at `start`: the first after which nothing stands beside the diagonal. */
function blockEnd(diagonal: Float64Array, beside: Float64Array, start: number): number {
  let end = start;
  while (end < diagonal.length - 1) {
    const scale = Math.abs(diagonal[end]!) + Math.abs(diagonal[end + 1]!);
    if (Math.abs(beside[end]!) <= Number.EPSILON * scale) return end;
    end++;
  }
  return end;
}

/** One implicit QL step with Wilkinson's shift on the block from `start` to `end`. */
function qlStep(diagonal: Float64Array, beside: Float64Array, start: number, end: number): void {
  const slope = (diagonal[start + 1]! - diagonal[start]!) / (2 * beside[start]!);
  const root = Math.hypot(slope, 1);
  let g = diagonal[end]! - diagonal[start]! + beside[start]! / (slope + (slope < 0 ? -root : root));
  let [sine, cosine, shift] = [1, 1, 0];
  for (let i = end - 1; i >= start; i--) {
    const f = sine * beside[i]!;
    const b = cosine * beside[i]!;
    const length = Math.hypot(f, g);
    beside[i + 1] = length;
    if (length === 0) {
      // The block has come apart; what is left of it is a block of its own.
      diagonal[i + 1]! -= shift;
      beside[end] = 0;
      return;
    }
    sine = f / length;
    cosine = g / length;
    g = diagonal[i + 1]! - shift;
    const r = (diagonal[i]! - g) * sine + 2 * cosine * b;
    shift = sine * r;
    diagonal[i + 1] = g + shift;
    g = cosine * r - b;
  }
  diagonal[start]! -= shift;
  beside[start] = g;
  beside[end] = 0;
}
