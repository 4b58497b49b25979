import type { ScalarMap } from './scalar-map.ts';

/** Pixels that one comparison of 32-bit words covers. */
const WORD = 4;

/** The pixels of a mask as bytes and as words; rows begin at multiples of a word and are filled up with zeros. */
interface WordRows {
  readonly bytes: Uint8Array;
  readonly words: Int32Array;
  /** Bytes from one row to the next. */
  readonly stride: number;
}

/**
 * The places, counted down the columns, where a mask changes from outside to inside or back, the place before its first
 * pixel being outside. Each row is compared with the one above, word by word and in the order of memory; what is found is
 * then sorted by columns.
 */
export function maskChanges(mask: ScalarMap): Uint32Array {
  const { width, height } = mask;
  const rows = wordRows(mask);
  const changes: number[] = [];
  collectFirstRowChanges(rows, width, height, changes);
  for (let y = 1; y < height; y++) collectRowChanges(rows, width, height, y, changes);
  return sortByColumn(changes, width, height);
}

/** The first pixel of a column is compared with the last one of the column before. */
function collectFirstRowChanges(rows: WordRows, width: number, height: number, changes: number[]): void {
  const { bytes, stride } = rows;
  const lastRow = stride * (height - 1);
  for (let x = 0; x < width; x++) {
    const before = x > 0 && bytes[lastRow + x - 1] !== 0;
    if ((bytes[x] !== 0) !== before) changes.push(x * height);
  }
}

function collectRowChanges(rows: WordRows, width: number, height: number, y: number, changes: number[]): void {
  const { bytes, words, stride } = rows;
  const rowWords = stride / WORD;
  const firstWord = y * rowWords;
  for (let word = 0; word < rowWords; word++) {
    if (words[firstWord + word] === words[firstWord + word - rowWords]) continue;
    const end = Math.min(WORD * (word + 1), width);
    for (let x = WORD * word; x < end; x++) {
      const at = y * stride + x;
      if ((bytes[at] !== 0) !== (bytes[at - stride] !== 0)) changes.push(x * height + y);
    }
  }
}

/** Counting sort; within a column the places already rise. */
function sortByColumn(places: readonly number[], width: number, height: number): Uint32Array {
  const columns = Uint32Array.from(places, (place) => Math.floor(place / height));
  const next = new Uint32Array(width + 1);
  for (const column of columns) next[column + 1]!++;
  for (let column = 0; column < width; column++) next[column + 1]! += next[column]!;
  const sorted = new Uint32Array(places.length);
  for (let i = 0; i < places.length; i++) sorted[next[columns[i]!]!++] = places[i]!;
  return sorted;
}

function wordRows({ width, height, data }: ScalarMap): WordRows {
  const bytes = data instanceof Uint8Array ? data : Uint8Array.from(data, (value) => (value === 0 ? 0 : 1));
  if (width % WORD === 0 && bytes.byteOffset % WORD === 0) {
    return { bytes, words: wordsOf(bytes), stride: width };
  }
  const stride = Math.ceil(width / WORD) * WORD;
  const padded = new Uint8Array(stride * height);
  for (let y = 0; y < height; y++) padded.set(bytes.subarray(y * width, (y + 1) * width), y * stride);
  return { bytes: padded, words: wordsOf(padded), stride };
}

function wordsOf(bytes: Uint8Array): Int32Array {
  return new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / WORD);
}
