import { type Orientation, readOrientation } from './orientation.ts';
import type { HeaderFacts, PictureMode } from './picture-facts.ts';

const MODES: Readonly<Record<number, PictureMode>> = { 0: 'grey', 2: 'rgb', 3: 'palette', 4: 'grey', 6: 'rgb' };

const SIGNATURE_BYTES = 8;

/** Facts of a PNG file; undefined where it does not begin with a header that can be read. */
export function pngFacts(bytes: Uint8Array): HeaderFacts | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (chunkType(bytes, SIGNATURE_BYTES) !== 'IHDR') return undefined;
  const [width, height, bits, colours] = [view.getUint32(16), view.getUint32(20), view.getUint8(24), view.getUint8(25)];
  let orientation: Orientation = 1;
  let frames = 1;
  let hasAlpha = colours === 4 || colours === 6;
  let hasProfile = false;
  for (let at = SIGNATURE_BYTES; at + 12 <= bytes.length; at += 12 + view.getUint32(at)) {
    const type = chunkType(bytes, at);
    if (type === 'tRNS') hasAlpha = true;
    if (type === 'iCCP') hasProfile = true;
    if (type === 'acTL') frames = Math.max(1, view.getUint32(at + 8));
    if (type === 'eXIf') orientation = readOrientation(bytes.subarray(at + 8, at + 8 + view.getUint32(at)));
  }
  return { width, height, mode: MODES[colours] ?? 'other', bits, hasAlpha, orientation, frames, hasProfile };
}

/**
 * Whether a PNG file names only methods of compression, filtering and interlacing that exist, in its header and for its colour
 * profile. libpng reads others as if they did, or leaves the profile out; Pillow refuses the file.
 */
export function hasKnownPngMethods(bytes: Uint8Array): boolean {
  const [compression, filter, interlace] = bytes.subarray(26, 29);
  if (compression !== 0 || filter !== 0 || (interlace !== 0 && interlace !== 1)) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = SIGNATURE_BYTES; at + 12 <= bytes.length; at += 12 + view.getUint32(at)) {
    const type = chunkType(bytes, at);
    if (type === 'IDAT') return true;
    // The profile's name, a zero, and the method.
    if (type === 'iCCP') return bytes[bytes.indexOf(0, at + 8) + 1] === 0;
  }
  return true;
}

function chunkType(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...bytes.subarray(at + 4, at + 8));
}
