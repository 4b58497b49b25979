/** round(a * b / 255) for bytes, without a division; Pillow's MULDIV255. */
function multiply255(a: number, b: number): number {
  const t = a * b + 128;
  return (t + (t >> 8)) >> 8;
}

/**
 * CMYK bytes (0 = no ink) to RGB by Pillow's formula, without colour management: (255 - K) * (255 - C) / 255.
 *
 * @param cmyk four bytes a pixel
 * @returns three bytes a pixel
 */
export function cmykToRgb(cmyk: Uint8Array): Uint8Array {
  const pixels = cmyk.length / 4;
  const rgb = new Uint8Array(pixels * 3);
  for (let i = 0; i < pixels; i++) {
    const white = 255 - cmyk[4 * i + 3]!;
    for (let channel = 0; channel < 3; channel++) {
      rgb[3 * i + channel] = Math.max(0, white - multiply255(cmyk[4 * i + channel]!, white));
    }
  }
  return rgb;
}

/**
 * RGBA bytes over an opaque colour, rounded as Pillow's `alpha_composite` rounds.
 *
 * @param rgba four bytes a pixel, not premultiplied
 * @returns three bytes a pixel
 */
export function compositeOver(rgba: Uint8Array, background: readonly [number, number, number]): Uint8Array {
  const pixels = rgba.length / 4;
  const rgb = new Uint8Array(pixels * 3);
  for (let i = 0; i < pixels; i++) {
    const alpha = rgba[4 * i + 3]!;
    for (let channel = 0; channel < 3; channel++) {
      const t = rgba[4 * i + channel]! * alpha + background[channel]! * (255 - alpha) + 128;
      rgb[3 * i + channel] = (t + (t >> 8)) >> 8;
    }
  }
  return rgb;
}

/** One grey byte a pixel to three equal ones. */
export function greyToRgb(grey: Uint8Array): Uint8Array {
  const rgb = new Uint8Array(grey.length * 3);
  for (let i = 0; i < grey.length; i++) rgb.fill(grey[i]!, 3 * i, 3 * i + 3);
  return rgb;
}
