import type { HeaderFacts } from './picture-facts.ts';

const EXTENSION = 0x21;
const GRAPHIC_CONTROL = 0xf9;
const IMAGE = 0x2c;

/** Facts of a GIF file; its frames are counted as far as the file goes. */
export function gifFacts(bytes: Uint8Array): HeaderFacts | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [width, height] = [view.getUint16(6, true), view.getUint16(8, true)];
  let frames = 0;
  let hasAlpha = false;
  let at = 13 + tableBytes(bytes[10] ?? 0);
  while (at < bytes.length) {
    if (bytes[at] === EXTENSION) {
      if (bytes[at + 1] === GRAPHIC_CONTROL && (bytes[at + 3]! & 1) === 1) hasAlpha = true;
      at = afterBlocks(bytes, at + 2);
    } else if (bytes[at] === IMAGE) {
      frames++;
      // Nine bytes of place and size, the colour table, one byte for the codes' width.
      at = afterBlocks(bytes, at + 11 + tableBytes(bytes[at + 9] ?? 0));
    } else {
      break;
    }
  }
  const rest = { orientation: 1, hasProfile: false } as const;
  return { width, height, mode: 'palette', bits: 8, hasAlpha, frames: Math.max(1, frames), ...rest };
}

function tableBytes(flags: number): number {
  return (flags & 0x80) === 0 ? 0 : 3 * 2 ** ((flags & 7) + 1);
}

/** Behind a chain of blocks, each with its length in front, that a block of length 0 ends. */
function afterBlocks(bytes: Uint8Array, start: number): number {
  let at = start;
  while (at < bytes.length && bytes[at] !== 0) at += bytes[at]! + 1;
  return at + 1;
}
