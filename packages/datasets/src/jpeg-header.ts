/** Start-of-frame markers are C0 … CF but for these, which announce tables. */
const NOT_FRAMES = [0xc4, 0xc8, 0xcc];

/**
 * Number of colour components of a JPEG file (1 grey, 3 colour, 4 ink), from its frame header; undefined where none is found
 * on the straight way there.
 */
export function jpegComponents(bytes: Uint8Array): number | undefined {
  let at = 2;
  while (at + 9 < bytes.length && bytes[at] === 0xff) {
    const marker = bytes[at + 1]!;
    if (marker >= 0xc0 && marker <= 0xcf && !NOT_FRAMES.includes(marker)) return bytes[at + 9];
    at += 2 + bytes[at + 2]! * 256 + bytes[at + 3]!;
  }
  return undefined;
}
