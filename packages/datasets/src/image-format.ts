/** The picture formats that are told apart by their first bytes; a file's name plays no part. */
export type ImageFormat = 'jpeg' | 'png' | 'gif' | 'webp' | 'tiff' | 'avif' | 'bmp' | 'ico' | 'ppm';

/** The format that each extension (lower case, with its dot) promises. */
export const EXTENSION_FORMATS: Readonly<Record<string, ImageFormat>> = {
  '.jpg': 'jpeg',
  '.jpeg': 'jpeg',
  '.jpe': 'jpeg',
  '.jfif': 'jpeg',
  '.png': 'png',
  '.gif': 'gif',
  '.webp': 'webp',
  '.tif': 'tiff',
  '.tiff': 'tiff',
  '.avif': 'avif',
  '.bmp': 'bmp',
  '.ico': 'ico',
  '.ppm': 'ppm',
  '.pgm': 'ppm',
};

/** Extensions of the formats above, lower case. */
export const IMAGE_EXTENSIONS: readonly string[] = Object.keys(EXTENSION_FORMATS);

const AVIF_BRANDS = ['avif', 'avis', 'mif1', 'miaf'];

/** The format of a file by its signature, or undefined where it has none of these. */
export function detectFormat(bytes: Uint8Array): ImageFormat | undefined {
  if (startsWith(bytes, 0, [0xff, 0xd8, 0xff])) return 'jpeg';
  if (startsWith(bytes, 0, [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])) return 'png';
  const first4 = ascii(bytes, 0, 4);
  if (first4 === 'GIF8') return 'gif';
  if (first4 === 'RIFF' && ascii(bytes, 8, 4) === 'WEBP') return 'webp';
  if (first4 === 'II*\0' || first4 === 'MM\0*' || first4 === 'II+\0' || first4 === 'MM\0+') return 'tiff';
  if (ascii(bytes, 4, 4) === 'ftyp' && AVIF_BRANDS.includes(ascii(bytes, 8, 4))) return 'avif';
  if (first4.startsWith('BM')) return 'bmp';
  if (first4 === '\0\0\x01\0') return 'ico';
  if (/^P[56]\s/.test(first4)) return 'ppm';
  return undefined;
}

function startsWith(bytes: Uint8Array, offset: number, signature: readonly number[]): boolean {
  return signature.every((byte, i) => bytes[offset + i] === byte);
}

function ascii(bytes: Uint8Array, offset: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(offset, offset + length));
}
