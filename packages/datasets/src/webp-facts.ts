import { type Orientation, readOrientation } from './orientation.ts';
import type { HeaderFacts } from './picture-facts.ts';

const ALPHA_FLAG = 0x10;
const PROFILE_FLAG = 0x20;

/** Facts of a WebP file, simple or extended, lossy or not. */
export function webpFacts(bytes: Uint8Array): HeaderFacts | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let size: { width: number; height: number } | undefined;
  let hasAlpha = false;
  let hasProfile = false;
  let orientation: Orientation = 1;
  let frames = 0;
  for (let at = 12; at + 8 <= bytes.length; ) {
    const type = String.fromCharCode(...bytes.subarray(at, at + 4));
    const length = view.getUint32(at + 4, true);
    const start = at + 8;
    if (type === 'VP8X') {
      hasAlpha = (bytes[start]! & ALPHA_FLAG) !== 0;
      hasProfile = (bytes[start]! & PROFILE_FLAG) !== 0;
      size = { width: 1 + uint24(bytes, start + 4), height: 1 + uint24(bytes, start + 7) };
    } else if (type === 'VP8 ') {
      // Three bytes of frame tag and three of start code go before.
      size ??= { width: view.getUint16(start + 6, true) & 0x3fff, height: view.getUint16(start + 8, true) & 0x3fff };
    } else if (type === 'VP8L') {
      const header = view.getUint32(start + 1, true);
      size ??= { width: 1 + (header & 0x3fff), height: 1 + ((header >>> 14) & 0x3fff) };
      hasAlpha ||= ((header >>> 28) & 1) === 1;
    } else if (type === 'ANMF') {
      frames++;
    } else if (type === 'EXIF') {
      orientation = readOrientation(bytes.subarray(start, start + length));
    }
    // Chunks start at even places.
    at = start + length + (length % 2);
  }
  return size && { ...size, mode: 'rgb', bits: 8, hasAlpha, orientation, frames: Math.max(1, frames), hasProfile };
}

function uint24(bytes: Uint8Array, at: number): number {
  return bytes[at]! + bytes[at + 1]! * 256 + bytes[at + 2]! * 65_536;
}
