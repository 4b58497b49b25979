/** A square matrix that is 0 but for its diagonal and what stands to the right of it. */
export interface Bidiagonal {
  readonly diagonal: Float64Array;
  /** One fewer. */
  readonly beside: Float64Array;
}

/**
 * Singular values of a bidiagonal matrix, descending, to the rounding of the largest: bisection, by counts of the values below
 * a bound (Golub and Kahan's tridiagonal matrix with 0 on its diagonal has them, and their negatives, as eigenvalues).
 */
export function bidiagonalValues({ diagonal, beside }: Bidiagonal): Float64Array {
  const count = diagonal.length;
  const squares = new Float64Array(2 * count - 1);
  let bound = 0;
  diagonal.forEach((value, i) => {
    squares[2 * i] = value * value;
    if (i < beside.length) squares[2 * i + 1] = beside[i]! * beside[i]!;
    bound = Math.max(bound, Math.abs(value) + Math.abs(beside[i] ?? 0), Math.abs(value) + Math.abs(beside[i - 1] ?? 0));
  });
  const values = new Float64Array(count);
  const width = Number.EPSILON * bound;
  /** The values from place `first` to `last`, ascending, lie between `low` and `high`. */
  const search = (first: number, last: number, low: number, high: number): void => {
    const middle = (low + high) / 2;
    if (first === last) return;
    if (high - low <= width || middle <= low || middle >= high) {
      values.fill(low, first, last);
      return;
    }
    const split = Math.min(Math.max(valuesBelow(squares, middle), first), last);
    search(first, split, low, middle);
    search(split, last, middle, high);
  };
  search(0, count, 0, bound * (1 + 4 * Number.EPSILON));
  return values.reverse();
}

/** How many singular values are smaller than `bound`, above 0: the negative pivots of T - bound, less the negative values. */
function valuesBelow(squares: Float64Array, bound: number): number {
  let pivot = -bound;
  let negative = 1;
  for (let i = 0; i < squares.length; i++) {
    pivot = -bound - squares[i]! / (pivot === 0 ? Number.MIN_VALUE : pivot);
    if (pivot < 0) negative++;
  }
  return negative - (squares.length + 1) / 2;
}
