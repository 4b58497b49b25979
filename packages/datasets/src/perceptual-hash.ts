import type { Raster } from '@ssl-scene/geometry';

const SIDE = 32;
const COEFFICIENTS = 8;

/** Cells of a thumbnail's side. */
const THUMBNAIL_SIDE = 8;

/** The 64 bits of a perceptual hash, in two halves. */
export type PerceptualHash = readonly [number, number];

/** What tells pictures that look alike from others. */
export interface PictureTraits {
  readonly hash: PerceptualHash;
  /** Means of 8 × 8 cells, RGB: what tells pictures apart whose hashes agree by chance. */
  readonly thumbnail: Uint8Array;
}

/**
 * The hash and thumbnail of a picture. The hash (pHash) changes little when the picture is resized, recompressed or shifted in
 * brightness: the picture is averaged to 32 × 32 grey values and transformed (DCT-II); each of the lowest 8 × 8 frequencies,
 * the means aside, gives one bit, set where its coefficient is above the median of all.
 */
export function pictureTraits(raster: Raster): PictureTraits {
  const cells = cellColours(raster);
  return { hash: hashOf(cells), thumbnail: thumbnailOf(cells) };
}

/** Number of bits in which two hashes differ, 0 to 64; re-encoded copies differ in few, unrelated pictures in about half. */
export function hashDistance(a: PerceptualHash, b: PerceptualHash): number {
  return bitCount(a[0] ^ b[0]) + bitCount(a[1] ^ b[1]);
}

function hashOf(cells: Float64Array): PerceptualHash {
  const grey = Float64Array.from(
    { length: SIDE * SIDE },
    (_, i) => 0.299 * cells[3 * i]! + 0.587 * cells[3 * i + 1]! + 0.114 * cells[3 * i + 2]!,
  );
  const coefficients = lowFrequencies(grey);
  const median = medianOf(coefficients);
  const halves: [number, number] = [0, 0];
  for (const [i, coefficient] of coefficients.entries()) {
    if (coefficient > median) halves[i >> 5] = (halves[i >> 5]! | (1 << (i & 31))) >>> 0;
  }
  return halves;
}

function thumbnailOf(cells: Float64Array): Uint8Array {
  const ratio = SIDE / THUMBNAIL_SIDE;
  const sums = new Float64Array(3 * THUMBNAIL_SIDE ** 2);
  for (let i = 0; i < cells.length; i++) {
    const [cell, channel] = [Math.floor(i / 3), i % 3];
    const [row, column] = [Math.floor(cell / SIDE / ratio), Math.floor((cell % SIDE) / ratio)];
    sums[3 * (row * THUMBNAIL_SIDE + column) + channel]! += cells[i]!;
  }
  return Uint8Array.from(sums, (sum) => Math.round(sum / ratio ** 2));
}

/** Mean colours of 32 × 32 cells, RGB; where there are fewer pixels than cells, they are repeated. */
function cellColours({ width, height, data }: Raster): Float64Array {
  const means = new Float64Array(SIDE * SIDE * 3);
  for (let row = 0; row < SIDE; row++) {
    const [top, bottom] = cellRange(row, height);
    for (let column = 0; column < SIDE; column++) {
      const [left, right] = cellRange(column, width);
      let [red, green, blue] = [0, 0, 0];
      for (let y = top; y < bottom; y++) {
        for (let at = 3 * (y * width + left); at < 3 * (y * width + right); at += 3) {
          red += data[at]!;
          green += data[at + 1]!;
          blue += data[at + 2]!;
        }
      }
      const pixels = (bottom - top) * (right - left);
      means.set([red / pixels, green / pixels, blue / pixels], 3 * (row * SIDE + column));
    }
  }
  return means;
}

function cellRange(cell: number, size: number): readonly [number, number] {
  const start = Math.floor((cell * size) / SIDE);
  return [start, Math.max(start + 1, Math.floor(((cell + 1) * size) / SIDE))];
}

/** Frequencies 1 to 8 in both directions of a 32 × 32 image, row-major. */
function lowFrequencies(image: Float64Array): Float64Array {
  const rows = new Float64Array(SIDE * COEFFICIENTS);
  for (let y = 0; y < SIDE; y++) {
    for (let u = 0; u < COEFFICIENTS; u++) {
      let sum = 0;
      for (let x = 0; x < SIDE; x++) sum += image[y * SIDE + x]! * COSINES[u * SIDE + x]!;
      rows[y * COEFFICIENTS + u] = sum;
    }
  }
  const result = new Float64Array(COEFFICIENTS ** 2);
  for (let v = 0; v < COEFFICIENTS; v++) {
    for (let u = 0; u < COEFFICIENTS; u++) {
      let sum = 0;
      for (let y = 0; y < SIDE; y++) sum += rows[y * COEFFICIENTS + u]! * COSINES[v * SIDE + y]!;
      result[v * COEFFICIENTS + u] = sum;
    }
  }
  return result;
}

/** cos(π (2x + 1) (u + 1) / 64) for the frequencies u + 1 = 1 … 8. */
const COSINES = Float64Array.from({ length: COEFFICIENTS * SIDE }, (_, i) => {
  const [u, x] = [Math.floor(i / SIDE) + 1, i % SIDE];
  return Math.cos((Math.PI * (2 * x + 1) * u) / (2 * SIDE));
});

function medianOf(values: Float64Array): number {
  const sorted = values.slice().sort();
  return (sorted[sorted.length / 2 - 1]! + sorted[sorted.length / 2]!) / 2;
}

function bitCount(word: number): number {
  let count = 0;
  for (let rest = word >>> 0; rest !== 0; rest = (rest & (rest - 1)) >>> 0) count++;
  return count;
}
