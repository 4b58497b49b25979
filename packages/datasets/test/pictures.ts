import sharp from 'sharp';

/** A picture of random-looking but fixed content, stored in a lossless or lossy format. */
export async function picture(
  format: 'png' | 'jpeg' | 'webp' | 'tiff' | 'gif' | 'avif',
  width = 8,
  height = 6,
  salt = 0,
): Promise<Buffer> {
  const pixels = sharp(rgbNoise(width, height, salt), { raw: { width, height, channels: 3 } });
  // Unasked, sharp writes JPEG data into TIFF files.
  return await (format === 'tiff' ? pixels.tiff({ compression: 'lzw' }) : pixels.toFormat(format)).toBuffer();
}

/** Bytes that differ from pixel to pixel and from salt to salt. */
export function rgbNoise(width: number, height: number, salt = 0): Uint8Array {
  return Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * i * 31 + i * 17 + salt * 101) % 256);
}
