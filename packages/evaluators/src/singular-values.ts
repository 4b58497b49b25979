import { type Bidiagonal, bidiagonalValues } from './bidiagonal-values.ts';
import type { Features } from './features.ts';
import { addScaled, dot } from './vector.ts';

/** From this many rows per column on, a triangular factor first makes the rest cheaper (Chan, 1982). */
const TALL = 5 / 3;

/**
 * Singular values of a matrix rows × columns, descending, as many as its shorter side n is long: Householder reflections to
 * bidiagonal form, then bisection. Errors are about 1e-16 of the largest value, and values below that are 0. Takes about
 * 4 · rows · columns · n multiplications.
 */
export function singularValues(matrix: Features, rows: number, columns: number): Float64Array {
  const vectors = rows >= columns ? columnsOf(matrix, rows, columns) : rowsAsColumns(matrix, rows, columns);
  const isTall = Math.max(rows, columns) >= TALL * vectors.length;
  return bidiagonalValues(bidiagonal(isTall ? triangularFactor(vectors) : vectors));
}

function columnsOf(matrix: Features, rows: number, columns: number): Float64Array[] {
  return Array.from({ length: columns }, (_, column) =>
    Float64Array.from({ length: rows }, (_, row) => matrix[row * columns + column]!),
  );
}

function rowsAsColumns(matrix: Features, rows: number, columns: number): Float64Array[] {
  return Array.from({ length: rows }, (_, row) =>
    Float64Array.from(matrix.subarray(row * columns, (row + 1) * columns)),
  );
}

/** Columns of the triangular factor R of A = QR, which has A's singular values. Changes its input. */
function triangularFactor(columns: Float64Array[]): Float64Array[] {
  for (let pivot = 0; pivot < columns.length; pivot++) clearBelow(columns, pivot);
  return columns.map((column) => column.slice(0, columns.length));
}

/** B of A = UBVᵀ, by reflections from both sides in turn. Changes its input. */
function bidiagonal(columns: Float64Array[]): Bidiagonal {
  const count = columns.length;
  const [diagonal, beside] = [new Float64Array(count), new Float64Array(Math.max(count - 1, 0))];
  for (let pivot = 0; pivot < count; pivot++) {
    diagonal[pivot] = clearBelow(columns, pivot);
    if (pivot < count - 1) beside[pivot] = clearBeside(columns, pivot);
  }
  return { diagonal, beside };
}

/** Reflects rows so that column `pivot` is 0 below the diagonal; gives what then stands there. */
function clearBelow(columns: Float64Array[], pivot: number): number {
  const column = columns[pivot]!;
  const { reflector, half, end } = reflection(column.slice(pivot));
  if (half === 0) return 0;
  for (const other of columns.slice(pivot + 1)) {
    const part = other.subarray(pivot);
    addScaled(part, reflector, -dot(reflector, part) / half);
  }
  column.fill(0, pivot);
  column[pivot] = end;
  return end;
}

/** Reflects columns so that row `pivot` is 0 but for the diagonal and its right neighbour; gives that neighbour. */
function clearBeside(columns: readonly Float64Array[], pivot: number): number {
  const others = columns.slice(pivot + 1);
  const { reflector, half, end } = reflection(Float64Array.from(others, (column) => column[pivot]!));
  if (half === 0) return 0;
  const product = new Float64Array(columns[0]!.length - pivot - 1);
  others.forEach((column, place) => {
    addScaled(product, column.subarray(pivot + 1), reflector[place]!);
  });
  others.forEach((column, place) => {
    addScaled(column.subarray(pivot + 1), product, -reflector[place]! / half);
  });
  return end;
}

/** 1 - v vᵀ / half maps the vector to `end` times the first axis; `half` is 0 for the vector 0. v overwrites the vector. */
function reflection(vector: Float64Array): { reflector: Float64Array; half: number; end: number } {
  const size = Math.sqrt(dot(vector, vector));
  const end = vector[0]! > 0 ? -size : size;
  vector[0]! -= end;
  return { reflector: vector, half: dot(vector, vector) / 2, end };
}
