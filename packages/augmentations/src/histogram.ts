/** How often each value occurs in each channel: 256 counts for red, then green, then blue. */
export function countByChannel(pixels: Uint8Array, counts: Int32Array): void {
  counts.fill(0, 0, 768);
  const length = pixels.length;
  for (let i = 0; i < length; i += 3) {
    counts[pixels[i]!]!++;
    counts[256 + pixels[i + 1]!]!++;
    counts[512 + pixels[i + 2]!]!++;
  }
}
