import type { Raster } from '@ssl-scene/geometry';
import { greyToRgb } from './colour-conversion.ts';
import type { ResolvedDecodeOptions } from './decode-options.ts';
import { brokenImage, tooLarge } from './image-fault.ts';
import type { HeaderFacts } from './picture-facts.ts';

/** Decodes a binary portable pixmap (P6, RGB) or graymap (P5) of 8 or 16 bits; the largest value becomes 255. */
export function decodePpm(bytes: Uint8Array, options: ResolvedDecodeOptions, where: string): Raster {
  const { width, height, largest, start } = readHeader(bytes, where);
  if (width * height > options.pixelLimit) throw tooLarge(where, `${width} × ${height} pixels`, options.pixelLimit);
  const channels = bytes[1] === 0x36 ? 3 : 1;
  const values = width * height * channels;
  const bytesPerValue = largest > 255 ? 2 : 1;
  const missing = start + values * bytesPerValue - bytes.length;
  if (missing > 0 && options.truncated === 'refuse') throw brokenImage(where, `a file that lacks ${missing} bytes`);
  const data = new Uint8Array(values);
  for (let i = 0; i < values; i++) {
    const at = start + i * bytesPerValue;
    const stored = bytesPerValue === 2 ? (bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0) : (bytes[at] ?? 0);
    data[i] = largest === 255 ? stored : Math.min(255, Math.round((stored * 255) / largest));
  }
  return { width, height, data: channels === 3 ? data : greyToRgb(data) };
}

/** Facts of a pixmap or graymap; undefined where its header cannot be read. */
export function ppmFacts(bytes: Uint8Array): HeaderFacts | undefined {
  const header = findHeader(bytes);
  if (header === undefined) return undefined;
  const { width, height, largest } = header;
  const mode = bytes[1] === 0x36 ? 'rgb' : 'grey';
  const rest = { hasAlpha: false, orientation: 1, frames: 1, hasProfile: false } as const;
  return { width, height, mode, bits: largest > 255 ? 16 : 8, ...rest };
}

interface Header {
  readonly width: number;
  readonly height: number;
  readonly largest: number;
  /** Offset of the first value. */
  readonly start: number;
}

function readHeader(bytes: Uint8Array, where: string): Header {
  const header = findHeader(bytes);
  if (header === undefined) throw brokenImage(where, 'a portable pixmap without a readable header');
  const { width, height, largest } = header;
  if (width === 0 || height === 0 || largest === 0 || largest > 65_535) {
    throw brokenImage(where, `a portable pixmap of ${width} × ${height} pixels with values up to ${largest}`);
  }
  return header;
}

/** Three numbers apart by blanks and comments, and exactly one blank before the values. */
function findHeader(bytes: Uint8Array): Header | undefined {
  // Longer headers consist of comments; a bound keeps a hostile file from being searched to its end.
  const text = String.fromCharCode(...bytes.subarray(0, 4096));
  const gap = '(?:\\s|#[^\\n]*\\n)+';
  const match = new RegExp(`^P[56]${gap}(\\d{1,9})${gap}(\\d{1,9})${gap}(\\d{1,5})\\s`).exec(text);
  if (match === null) return undefined;
  const [width, height, largest] = [Number(match[1]), Number(match[2]), Number(match[3])];
  return { width, height, largest, start: match[0].length };
}
