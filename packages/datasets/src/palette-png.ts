import { inflateSync } from 'node:zlib';
import type { ObjectMask } from './image-dataset.ts';
import { brokenImage, tooLarge } from './image-fault.ts';

const SIGNATURE_BYTES = 8;
const PALETTE_COLOURS = 3;
const GREY = 0;
const PIXEL_LIMIT = 50_000_000;

/**
 * The stored numbers of a PNG file of one channel of at most 8 bits (palette indices or grey values), one byte a pixel. Picture
 * decoders replace palette indices by their colours; in a mask the indices are what counts.
 *
 * @throws SceneError `BROKEN_IMAGE` (for other kinds of PNG files too), `IMAGE_TOO_LARGE`
 */
export function decodePalettePng(bytes: Uint8Array, where: string): ObjectMask {
  const { header, compressed } = readChunks(bytes, where);
  const { width, height, bits } = readHeader(header, where);
  const stride = Math.ceil((width * bits) / 8);
  const rows = inflate(compressed, (stride + 1) * height, where);
  unfilter(rows, stride, height, where);
  const data = new Uint8Array(width * height);
  const perByte = 8 / bits;
  const largest = 2 ** bits - 1;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const byte = rows[y * (stride + 1) + 1 + Math.floor(x / perByte)]!;
      data[y * width + x] = (byte >> (8 - bits * ((x % perByte) + 1))) & largest;
    }
  }
  return { width, height, data };
}

function readChunks(bytes: Uint8Array, where: string): { header: DataView; compressed: Uint8Array } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isPng = bytes.length > SIGNATURE_BYTES && view.getUint32(0) === 0x89504e47 && view.getUint32(4) === 0x0d0a1a0a;
  if (!isPng) throw brokenImage(where, 'no PNG file');
  let header: DataView | undefined;
  const parts: Uint8Array[] = [];
  for (let at = SIGNATURE_BYTES; at + 12 <= bytes.length; ) {
    const length = view.getUint32(at);
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    const end = at + 8 + length;
    if (end + 4 > bytes.length) throw brokenImage(where, `a ${type} chunk that ends after the file`);
    if (type === 'IHDR' && length === 13) header = new DataView(bytes.buffer, bytes.byteOffset + at + 8, 13);
    if (type === 'IDAT') parts.push(bytes.subarray(at + 8, end));
    if (type === 'IEND') break;
    at = end + 4;
  }
  if (header === undefined || parts.length === 0) throw brokenImage(where, 'a PNG file without header or pixels');
  return { header, compressed: Buffer.concat(parts) };
}

function readHeader(header: DataView, where: string): { width: number; height: number; bits: number } {
  const [width, height] = [header.getUint32(0), header.getUint32(4)];
  const [bits, colours, interlaced] = [header.getUint8(8), header.getUint8(9), header.getUint8(12)];
  const isIndexed = (colours === PALETTE_COLOURS || colours === GREY) && [1, 2, 4, 8].includes(bits);
  if (!isIndexed || interlaced !== 0 || width === 0 || height === 0) {
    throw brokenImage(where, `a PNG file of colour type ${colours}, ${bits} bits, interlace method ${interlaced}`);
  }
  if (width * height > PIXEL_LIMIT) throw tooLarge(where, `${width} × ${height} pixels`, PIXEL_LIMIT);
  return { width, height, bits };
}

function inflate(compressed: Uint8Array, expected: number, where: string): Uint8Array {
  let rows: Uint8Array;
  try {
    rows = inflateSync(compressed, { maxOutputLength: expected });
  } catch (cause) {
    throw brokenImage(where, cause instanceof Error ? cause.message : String(cause), cause);
  }
  if (rows.length !== expected) throw brokenImage(where, `${rows.length} bytes of pixels instead of ${expected}`);
  return rows;
}

/** Undoes the prediction of each row, in place; a pixel's left neighbour is one byte away. */
function unfilter(rows: Uint8Array, stride: number, height: number, where: string): void {
  for (let y = 0; y < height; y++) {
    const start = y * (stride + 1) + 1;
    const filter = rows[start - 1]!;
    if (filter > 4) throw brokenImage(where, `filter ${filter} in row ${y}`);
    for (let i = 0; i < stride; i++) {
      const left = i > 0 ? rows[start + i - 1]! : 0;
      const up = y > 0 ? rows[start + i - stride - 1]! : 0;
      const upLeft = i > 0 && y > 0 ? rows[start + i - stride - 2]! : 0;
      rows[start + i] = (rows[start + i]! + prediction(filter, left, up, upLeft)) & 255;
    }
  }
}

function prediction(filter: number, left: number, up: number, upLeft: number): number {
  if (filter === 1) return left;
  if (filter === 2) return up;
  if (filter === 3) return (left + up) >> 1;
  return filter === 4 ? paeth(left, up, upLeft) : 0;
}

/** Whichever neighbour is nearest to left + up - upLeft. */
function paeth(left: number, up: number, upLeft: number): number {
  const estimate = left + up - upLeft;
  const [toLeft, toUp, toUpLeft] = [Math.abs(estimate - left), Math.abs(estimate - up), Math.abs(estimate - upLeft)];
  if (toLeft <= toUp && toLeft <= toUpLeft) return left;
  return toUp <= toUpLeft ? up : upLeft;
}
