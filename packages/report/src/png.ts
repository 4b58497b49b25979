import { crc32, deflateSync } from 'node:zlib';
import { badArgument } from './report-error.ts';

/** 8-bit picture, row-major, channels interleaved: RGB (3 values a pixel) or RGBA (4, alpha not premultiplied). */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array | Uint8ClampedArray;
}

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
const LARGEST_SIDE = 65_535;

/** Number of channels of a picture; error unless the data's length is exactly that of an RGB or RGBA picture. */
export function channelsOf(picture: Picture, where: string): 3 | 4 {
  const { width, height, data } = picture;
  for (const side of [width, height]) {
    if (!Number.isInteger(side) || side < 1 || side > LARGEST_SIDE) {
      throw badArgument(
        where,
        `sides from 1 to ${LARGEST_SIDE}`,
        `${width} x ${height}`,
        'Pass whole, positive sides.',
      );
    }
  }
  const channels = data.length / (width * height);
  if (channels !== 3 && channels !== 4) {
    const expected = `${width * height * 3} values (RGB) or ${width * height * 4} (RGBA) for ${width} x ${height}`;
    throw badArgument(
      where,
      expected,
      `${data.length} values`,
      'Check the order of width and height and the channels.',
    );
  }
  return channels;
}

/**
 * A picture as the bytes of a PNG file (8 bits a channel, colour type RGB or RGBA), lossless. Each row takes the filter
 * whose result has the least sum of magnitudes, the PNG specification's own advice (section 12.8).
 */
export function encodePng(picture: Picture): Uint8Array {
  const channels = channelsOf(picture, 'encodePng(picture)');
  const { width, height } = picture;
  const header = new DataView(new ArrayBuffer(13));
  header.setUint32(0, width);
  header.setUint32(4, height);
  header.setUint8(8, 8);
  header.setUint8(9, channels === 3 ? 2 : 6);
  const packed = deflateSync(filterRows(picture, channels), { level: 9 });
  return concatenate([
    SIGNATURE,
    chunk('IHDR', new Uint8Array(header.buffer)),
    chunk('IDAT', packed),
    chunk('IEND', new Uint8Array(0)),
  ]);
}

/** A picture as a `data:image/png;base64,…` address. */
export function pngDataUrl(picture: Picture): string {
  return `data:image/png;base64,${Buffer.from(encodePng(picture)).toString('base64')}`;
}

function chunk(type: string, content: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(12 + content.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, content.length);
  for (let i = 0; i < 4; i++) bytes[4 + i] = type.charCodeAt(i);
  bytes.set(content, 8);
  view.setUint32(8 + content.length, crc32(bytes.subarray(4, 8 + content.length)));
  return bytes;
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}

/** Predictors of the five PNG filters from the bytes to the left, above, and above left. */
const PREDICTORS: readonly ((left: number, above: number, corner: number) => number)[] = [
  () => 0,
  (left) => left,
  (_left, above) => above,
  (left, above) => (left + above) >> 1,
  paeth,
];

function paeth(left: number, above: number, corner: number): number {
  const estimate = left + above - corner;
  const fromLeft = Math.abs(estimate - left);
  const fromAbove = Math.abs(estimate - above);
  const fromCorner = Math.abs(estimate - corner);
  if (fromLeft <= fromAbove && fromLeft <= fromCorner) return left;
  return fromAbove <= fromCorner ? above : corner;
}

function filterRows({ width, height, data }: Picture, channels: number): Uint8Array {
  const rowLength = width * channels;
  const filtered = new Uint8Array(height * (rowLength + 1));
  const candidate = new Uint8Array(rowLength);
  for (let row = 0; row < height; row++) {
    const target = row * (rowLength + 1);
    let least = Number.POSITIVE_INFINITY;
    for (const [filter, predict] of PREDICTORS.entries()) {
      let magnitude = 0;
      for (let i = 0; i < rowLength; i++) {
        const here = row * rowLength + i;
        const left = i >= channels ? data[here - channels]! : 0;
        const above = row > 0 ? data[here - rowLength]! : 0;
        const corner = row > 0 && i >= channels ? data[here - rowLength - channels]! : 0;
        const difference = (data[here]! - predict(left, above, corner)) & 255;
        candidate[i] = difference;
        magnitude += difference < 128 ? difference : 256 - difference;
      }
      if (magnitude >= least) continue;
      least = magnitude;
      filtered[target] = filter;
      filtered.set(candidate, target + 1);
    }
  }
  return filtered;
}
