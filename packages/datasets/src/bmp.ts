import type { Raster } from '@ssl-scene/geometry';
import { ByteReader } from './byte-reader.ts';
import { compositeOver } from './colour-conversion.ts';
import type { ResolvedDecodeOptions } from './decode-options.ts';
import { brokenImage, tooLarge } from './image-fault.ts';

const FILE_HEADER = 14;
const OS2_HEADER = 12;
const INFO_HEADER = 40;
/** BITMAPV3INFOHEADER and later hold the alpha mask as well. */
const ALPHA_HEADER = 56;

const UNCOMPRESSED = 0;
const RLE8 = 1;
const RLE4 = 2;
const BIT_FIELDS = 3;
const ALPHA_BIT_FIELDS = 6;

/** A device-independent bitmap: what a BMP file holds after its 14-byte file header, and an ICO entry as a whole. */
interface Bitmap {
  readonly reader: ByteReader;
  readonly where: string;
  readonly width: number;
  readonly height: number;
  readonly topDown: boolean;
  readonly bits: number;
  readonly compression: number;
  /** R, G, B, A masks of pixels of 16 and 32 bits; 0 where there is no such channel. */
  readonly masks: readonly [number, number, number, number];
  /** Three bytes (RGB) a colour. */
  readonly palette: Uint8Array;
  readonly pixelOffset: number;
}

/** Decodes a Windows or OS/2 bitmap: 1 to 32 bits, bit fields, run lengths of 4 and 8 bits. Embedded JPEG and PNG are refused. */
export function decodeBmp(bytes: Uint8Array, options: ResolvedDecodeOptions, where: string): Raster {
  const reader = new ByteReader(bytes, where);
  const bitmap = readBitmapHeader(reader, FILE_HEADER, reader.uint32(10), where);
  checkSize(bitmap, options);
  const rgba = readBitmapPixels(bitmap, options.truncated === 'accept');
  return { width: bitmap.width, height: bitmap.height, data: compositeOver(rgba, options.background) };
}

/**
 * Decodes an entry of an icon, which stores a bitmap of double height: the colours, then one bit a pixel that says which are
 * transparent. 32-bit entries have their transparency in the colours.
 */
export function decodeIconBitmap(bytes: Uint8Array, options: ResolvedDecodeOptions, where: string): Raster {
  const reader = new ByteReader(bytes, where);
  const stored = readBitmapHeader(reader, 0, 0, where);
  const bitmap: Bitmap = {
    ...stored,
    height: stored.height >> 1,
    masks: stored.bits === 32 ? [0xff0000, 0xff00, 0xff, 0xff000000] : stored.masks,
  };
  checkSize(bitmap, options);
  const rgba = readBitmapPixels(bitmap, false);
  if (bitmap.bits !== 32) applyTransparencyBits(bitmap, rgba);
  return { width: bitmap.width, height: bitmap.height, data: compositeOver(rgba, options.background) };
}

function checkSize({ width, height, where }: Bitmap, { pixelLimit }: ResolvedDecodeOptions): void {
  if (width * height > pixelLimit) throw tooLarge(where, `${width} × ${height} pixels`, pixelLimit);
}

function readBitmapHeader(reader: ByteReader, start: number, statedOffset: number, where: string): Bitmap {
  const headerSize = reader.uint32(start);
  const isOs2 = headerSize === OS2_HEADER;
  if (!isOs2 && headerSize < INFO_HEADER) throw brokenImage(where, `a bitmap header of ${headerSize} bytes`);
  const width = isOs2 ? reader.uint16(start + 4) : reader.int32(start + 4);
  const signedHeight = isOs2 ? reader.uint16(start + 6) : reader.int32(start + 8);
  const bits = reader.uint16(start + (isOs2 ? 10 : 14));
  const compression = isOs2 ? UNCOMPRESSED : reader.uint32(start + 16);
  const height = Math.abs(signedHeight);
  if (width <= 0 || height === 0) throw brokenImage(where, `a bitmap of ${width} × ${signedHeight} pixels`);
  if (![1, 4, 8, 16, 24, 32].includes(bits)) throw brokenImage(where, `a bitmap of ${bits} bits a pixel`);

  const hasFields = compression === BIT_FIELDS || compression === ALPHA_BIT_FIELDS;
  const fieldsAfterHeader = hasFields && headerSize === INFO_HEADER ? (compression === BIT_FIELDS ? 12 : 16) : 0;
  const paletteStart = start + headerSize + fieldsAfterHeader;
  const statedColours = isOs2 ? 0 : reader.uint32(start + 32);
  const colours = bits <= 8 ? Math.min(statedColours || 2 ** bits, 256) : 0;
  const entrySize = isOs2 ? 3 : 4;
  const afterPalette = paletteStart + colours * entrySize;
  // Some writers give the offset as if there were no palette; an icon gives none.
  const offsetIsMissing = statedOffset === 0 || (bits <= 8 && statedOffset === start + headerSize);
  return {
    reader,
    where,
    width,
    height,
    topDown: signedHeight < 0,
    bits,
    compression,
    masks: readMasks(reader, start, headerSize, bits, compression),
    palette: readPalette(reader, paletteStart, colours, entrySize),
    pixelOffset: offsetIsMissing ? afterPalette : statedOffset,
  };
}

function readMasks(
  reader: ByteReader,
  start: number,
  headerSize: number,
  bits: number,
  compression: number,
): [number, number, number, number] {
  if (compression === BIT_FIELDS || compression === ALPHA_BIT_FIELDS) {
    const hasAlpha = compression === ALPHA_BIT_FIELDS || headerSize >= ALPHA_HEADER;
    const at = start + INFO_HEADER;
    return [reader.uint32(at), reader.uint32(at + 4), reader.uint32(at + 8), hasAlpha ? reader.uint32(at + 12) : 0];
  }
  return bits === 16 ? [0x7c00, 0x3e0, 0x1f, 0] : [0xff0000, 0xff00, 0xff, 0];
}

function readPalette(reader: ByteReader, start: number, colours: number, entrySize: number): Uint8Array {
  const stored = reader.slice(start, colours * entrySize);
  const palette = new Uint8Array(256 * 3);
  for (let i = 0; i < colours; i++) {
    palette[3 * i] = stored[entrySize * i + 2]!;
    palette[3 * i + 1] = stored[entrySize * i + 1]!;
    palette[3 * i + 2] = stored[entrySize * i]!;
  }
  return palette;
}

function readBitmapPixels(bitmap: Bitmap, acceptTruncated: boolean): Uint8Array {
  const { compression, bits, where } = bitmap;
  if (compression === RLE8 && bits === 8) return paletteToRgba(bitmap, unpackRuns(bitmap, acceptTruncated));
  if (compression === RLE4 && bits === 4) return paletteToRgba(bitmap, unpackRuns(bitmap, acceptTruncated));
  const isPlain = compression === UNCOMPRESSED;
  const isFields = (compression === BIT_FIELDS || compression === ALPHA_BIT_FIELDS) && (bits === 16 || bits === 32);
  if (!isPlain && !isFields) throw brokenImage(where, `bitmap compression ${compression} at ${bits} bits a pixel`);
  if (bits <= 8) return paletteToRgba(bitmap, unpackIndices(bitmap, acceptTruncated));
  return unpackColours(bitmap, acceptTruncated);
}

/** The stored bytes of row `y` (counted from the top), or undefined where the file ends before them and that is accepted. */
function storedRow(bitmap: Bitmap, y: number, acceptTruncated: boolean): Uint8Array | undefined {
  const { reader, width, height, bits, topDown, pixelOffset } = bitmap;
  const stride = Math.ceil((width * bits) / 32) * 4;
  const needed = Math.ceil((width * bits) / 8);
  const offset = pixelOffset + stride * (topDown ? y : height - 1 - y);
  if (acceptTruncated && offset + needed > reader.length) return undefined;
  return reader.slice(offset, needed);
}

function unpackIndices(bitmap: Bitmap, acceptTruncated: boolean): Uint8Array {
  const { width, height, bits } = bitmap;
  const indices = new Uint8Array(width * height);
  const perByte = 8 / bits;
  const mask = 2 ** bits - 1;
  for (let y = 0; y < height; y++) {
    const row = storedRow(bitmap, y, acceptTruncated);
    if (row === undefined) continue;
    for (let x = 0; x < width; x++) {
      const shift = 8 - bits * ((x % perByte) + 1);
      indices[y * width + x] = (row[Math.floor(x / perByte)]! >> shift) & mask;
    }
  }
  return indices;
}

/** Run-length codes: (count, value), or 0 followed by 0 end of row, 1 end of picture, 2 jump, n literal values. */
function unpackRuns(bitmap: Bitmap, acceptTruncated: boolean): Uint8Array {
  const { reader, width, height, bits, topDown, pixelOffset } = bitmap;
  const indices = new Uint8Array(width * height);
  const perByte = 8 / bits;
  let x = 0;
  let y = 0;
  const put = (value: number, position: number): void => {
    const index = bits === 8 ? value : position % 2 === 0 ? value >> 4 : value & 15;
    if (x < width && y < height) indices[(topDown ? y : height - 1 - y) * width + x] = index;
    x++;
  };
  let at = pixelOffset;
  while (y < height) {
    if (acceptTruncated && at + 2 > reader.length) break;
    const count = reader.uint8(at);
    const value = reader.uint8(at + 1);
    at += 2;
    if (count > 0) {
      for (let i = 0; i < count; i++) put(value, i);
    } else if (value === 0) {
      x = 0;
      y++;
    } else if (value === 1) {
      break;
    } else if (value === 2) {
      x += reader.uint8(at);
      y += reader.uint8(at + 1);
      at += 2;
    } else {
      for (let i = 0; i < value; i++) put(reader.uint8(at + Math.floor(i / perByte)), i);
      at += Math.ceil(value / perByte / 2) * 2;
    }
  }
  return indices;
}

function paletteToRgba({ palette }: Bitmap, indices: Uint8Array): Uint8Array {
  const rgba = new Uint8Array(indices.length * 4);
  for (let i = 0; i < indices.length; i++) {
    const entry = 3 * indices[i]!;
    rgba[4 * i] = palette[entry]!;
    rgba[4 * i + 1] = palette[entry + 1]!;
    rgba[4 * i + 2] = palette[entry + 2]!;
    rgba[4 * i + 3] = 255;
  }
  return rgba;
}

function unpackColours(bitmap: Bitmap, acceptTruncated: boolean): Uint8Array {
  const { width, height, bits, masks } = bitmap;
  const rgba = new Uint8Array(width * height * 4);
  const channels = masks.map(channelOf);
  const bytesPerPixel = bits / 8;
  for (let y = 0; y < height; y++) {
    const row = storedRow(bitmap, y, acceptTruncated);
    for (let x = 0; x < width; x++) {
      let value = 0;
      for (let i = bytesPerPixel - 1; i >= 0; i--) value = value * 256 + (row?.[x * bytesPerPixel + i] ?? 0);
      const out = 4 * (y * width + x);
      for (let c = 0; c < 4; c++) rgba[out + c] = channels[c]!(value);
    }
  }
  return rgba;
}

/** A function that takes one channel out of a pixel and stretches it to 0 … 255; an absent channel is opaque alpha. */
function channelOf(mask: number): (pixel: number) => number {
  if (mask === 0) return () => 255;
  const shift = 31 - Math.clz32(mask & -mask);
  const largest = mask >>> shift;
  return (pixel) => Math.floor((((pixel & mask) >>> shift) * 255) / largest);
}

function applyTransparencyBits(bitmap: Bitmap, rgba: Uint8Array): void {
  const { reader, width, height, bits, pixelOffset } = bitmap;
  const colourStride = Math.ceil((width * bits) / 32) * 4;
  const bitStride = Math.ceil(width / 32) * 4;
  const start = pixelOffset + colourStride * height;
  for (let y = 0; y < height; y++) {
    const row = reader.slice(start + bitStride * (height - 1 - y), bitStride);
    for (let x = 0; x < width; x++) {
      if ((row[x >> 3]! >> (7 - (x & 7))) & 1) rgba[4 * (y * width + x) + 3] = 0;
    }
  }
}
