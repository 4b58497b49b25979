/** Pillow's weights of ITU-R 601-2 luma (0.299, 0.587, 0.114) in 16-bit fixed point; they sum to 2^16. */
const RED = 19595;
const GREEN = 38470;
const BLUE = 7471;
const HALF = 0x8000;

/** Brightness of an 8-bit RGB colour as Pillow's conversion to `L` rounds it. */
export function luma(red: number, green: number, blue: number): number {
  return (red * RED + green * GREEN + blue * BLUE + HALF) >> 16;
}

/** Sum of the luma of all pixels. */
export function lumaSum(pixels: Uint8Array): number {
  let sum = 0;
  const length = pixels.length;
  for (let i = 0; i < length; i += 3) sum += luma(pixels[i]!, pixels[i + 1]!, pixels[i + 2]!);
  return sum;
}
