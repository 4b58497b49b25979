import type { Features } from './features.ts';
import { dot } from './vector.ts';

const MOST_SWEEPS = 60;

/**
 * Singular values of a matrix rows × columns, descending, as many as its shorter side is long: Householder's QR, then
 * one-sided Jacobi rotations (Hestenes, 1958; Demmel and Veselić, 1992), which find small values to high relative accuracy.
 * Takes about rows · columns² multiplications.
 */
export function singularValues(matrix: Features, rows: number, columns: number): Float64Array {
  const tall = rows >= columns ? columnsOf(matrix, rows, columns) : rowsAsColumns(matrix, rows, columns);
  const vectors = triangularFactor(tall);
  for (let sweep = 0; sweep < MOST_SWEEPS && rotateAll(vectors); sweep++);
  return Float64Array.from(vectors, length).sort().reverse();
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

/** Columns of the triangular factor R of A = QR, which has A's singular values. */
function triangularFactor(columns: Float64Array[]): Float64Array[] {
  const count = columns.length;
  columns.forEach((column, pivot) => {
    const reflector = column.slice(pivot);
    const size = length(reflector);
    if (size === 0) return;
    const end = reflector[0]! > 0 ? -size : size;
    reflector[0]! -= end;
    const half = dot(reflector, reflector) / 2;
    for (const other of columns.slice(pivot + 1)) {
      const part = other.subarray(pivot);
      const factor = dot(reflector, part) / half;
      for (let i = 0; i < part.length; i++) part[i]! -= factor * reflector[i]!;
    }
    column.fill(0, pivot);
    column[pivot] = end;
  });
  return columns.map((column) => column.slice(0, count));
}

/** Makes every pair of columns orthogonal in turn; whether any was not. */
function rotateAll(columns: Float64Array[]): boolean {
  let rotated = false;
  for (let i = 0; i < columns.length; i++) {
    for (let j = i + 1; j < columns.length; j++) rotated = rotate(columns[i]!, columns[j]!) || rotated;
  }
  return rotated;
}

function rotate(a: Float64Array, b: Float64Array): boolean {
  const [aa, bb, ab] = [dot(a, a), dot(b, b), dot(a, b)];
  if (Math.abs(ab) <= Number.EPSILON * Math.sqrt(aa * bb)) return false;
  const zeta = (bb - aa) / (2 * ab);
  const tangent = Math.sign(zeta || 1) / (Math.abs(zeta) + Math.hypot(1, zeta));
  const cosine = 1 / Math.hypot(1, tangent);
  const sine = cosine * tangent;
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i]!, b[i]!];
    a[i] = cosine * x - sine * y;
    b[i] = sine * x + cosine * y;
  }
  return true;
}

const length = (vector: Float64Array): number => Math.sqrt(dot(vector, vector));
