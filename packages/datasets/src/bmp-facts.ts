import type { HeaderFacts } from './picture-facts.ts';

const OS2_HEADER = 12;
const STILL = { orientation: 1, frames: 1, hasProfile: false } as const;

/** Facts of a Windows or OS/2 bitmap. */
export function bmpFacts(bytes: Uint8Array): HeaderFacts {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isOs2 = view.getUint32(14, true) === OS2_HEADER;
  const width = isOs2 ? view.getUint16(18, true) : view.getInt32(18, true);
  const height = isOs2 ? view.getUint16(20, true) : Math.abs(view.getInt32(22, true));
  const bitsPerPixel = view.getUint16(isOs2 ? 24 : 28, true);
  const isPalette = bitsPerPixel <= 8;
  return {
    width,
    height,
    mode: isPalette ? 'palette' : 'rgb',
    bits: isPalette ? bitsPerPixel : 8,
    hasAlpha: false,
    ...STILL,
  };
}

/** Facts of the largest picture of a Windows icon. */
export function icoFacts(bytes: Uint8Array): HeaderFacts | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const frames = view.getUint16(4, true);
  if (frames === 0) return undefined;
  // A byte cannot hold 256; icons write 0 for it.
  const sizes = Array.from({ length: frames }, (_, i) => ({
    width: view.getUint8(6 + 16 * i) || 256,
    height: view.getUint8(7 + 16 * i) || 256,
  }));
  const largest = sizes.reduce((a, b) => (b.width * b.height > a.width * a.height ? b : a));
  return { ...largest, mode: 'rgb', bits: 8, hasAlpha: true, ...STILL, frames };
}
