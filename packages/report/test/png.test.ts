import { inflateSync } from 'node:zlib';
import { encodePng, type Picture, pngDataUrl } from '@ssl-scene/report';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

/** CRC-32 bit by bit, as the PNG specification defines it (annex D). */
function checksum(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}

function chunksOf(png: Uint8Array): { type: string; content: Uint8Array }[] {
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  const chunks = [];
  for (let offset = 8; offset < png.length; ) {
    const length = view.getUint32(offset);
    const content = png.subarray(offset + 8, offset + 8 + length);
    expect(view.getUint32(offset + 8 + length)).toBe(checksum(png.subarray(offset + 4, offset + 8 + length)));
    chunks.push({ type: String.fromCharCode(...png.subarray(offset + 4, offset + 8)), content });
    offset += 12 + length;
  }
  return chunks;
}

/** A decoder straight from the specification, for the two colour types that the encoder writes. */
function decode(png: Uint8Array): { width: number; height: number; data: Uint8Array; filters: number[] } {
  expect([...png.subarray(0, 8)]).toEqual([137, 80, 78, 71, 13, 10, 26, 10]);
  const chunks = chunksOf(png);
  expect(chunks.map((chunk) => chunk.type)).toEqual(['IHDR', 'IDAT', 'IEND']);
  const header = chunks[0]!.content;
  const view = new DataView(header.buffer, header.byteOffset);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  expect(header[8]).toBe(8);
  const channels = header[9] === 2 ? 3 : 4;
  expect([header[9], ...header.subarray(10)]).toEqual([channels === 3 ? 2 : 6, 0, 0, 0]);
  const rows = inflateSync(chunks[1]!.content);
  const stride = width * channels;
  expect(rows.length).toBe(height * (stride + 1));
  const data = new Uint8Array(height * stride);
  const filters: number[] = [];
  for (let y = 0; y < height; y++) {
    const filter = rows[y * (stride + 1)]!;
    filters.push(filter);
    for (let i = 0; i < stride; i++) {
      const a = i >= channels ? data[y * stride + i - channels]! : 0;
      const b = y > 0 ? data[(y - 1) * stride + i]! : 0;
      const c = y > 0 && i >= channels ? data[(y - 1) * stride + i - channels]! : 0;
      const nearest = [a, b, c].sort((p, q) => Math.abs(a + b - c - p) - Math.abs(a + b - c - q))[0]!;
      data[y * stride + i] = rows[y * (stride + 1) + 1 + i]! + [0, a, b, (a + b) >> 1, nearest][filter]!;
    }
  }
  return { width, height, data, filters };
}

const pictures = fc
  .tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }), fc.constantFrom(3, 4))
  .chain(([width, height, channels]) => {
    const length = width * height * channels;
    const noise = fc.uint8Array({ minLength: length, maxLength: length });
    const ramp = fc.nat(40).map((slope) => Uint8Array.from({ length }, (_, i) => i * slope));
    return fc.oneof(noise, ramp).map((data): Picture => ({ width, height, data }));
  });

describe('encodePng', () => {
  it('round-trips every RGB and RGBA picture', () => {
    fc.assert(
      fc.property(pictures, (picture) => {
        const { width, height, data } = decode(encodePng(picture));
        expect({ width, height, data }).toEqual({ ...picture, data: Uint8Array.from(picture.data) });
      }),
    );
  });

  it('ends with the fixed IEND chunk', () => {
    const png = encodePng({ width: 1, height: 1, data: Uint8Array.of(1, 2, 3) });
    expect(Buffer.from(png.subarray(-12)).toString('hex')).toBe('0000000049454e44ae426082');
  });

  it('filters smooth pictures, which makes them far smaller than their pixels', () => {
    const [width, height] = [64, 64];
    const data = Uint8Array.from(
      { length: width * height * 3 },
      (_, i) => (Math.floor(i / 3) % width) + Math.floor(i / 192) + (i % 3) * 9,
    );
    const png = encodePng({ width, height, data });
    expect(new Set(decode(png).filters)).not.toContain(0);
    expect(png.length).toBeLessThan(data.length / 20);
  });

  it('accepts views into larger buffers', () => {
    const data = new Uint8Array(new Uint8Array(20).fill(7).buffer, 5, 6);
    expect(decode(encodePng({ width: 2, height: 1, data })).data).toEqual(new Uint8Array(6).fill(7));
  });

  it('refuses data of another length, saying what it should be', () => {
    expect(() => encodePng({ width: 2, height: 2, data: new Uint8Array(4) })).toThrow(
      /12 values \(RGB\) or 16 \(RGBA\)/,
    );
    expect(() => encodePng({ width: 0, height: 2, data: new Uint8Array(0) })).toThrow(/sides from 1/);
  });

  it('makes data addresses', () => {
    const picture = { width: 1, height: 1, data: Uint8Array.of(1, 2, 3) };
    const [prefix, body] = pngDataUrl(picture).split(',') as [string, string];
    expect(prefix).toBe('data:image/png;base64');
    expect(new Uint8Array(Buffer.from(body, 'base64'))).toEqual(encodePng(picture));
  });
});
