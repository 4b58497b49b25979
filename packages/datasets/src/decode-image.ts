import type { Raster } from '@ssl-scene/geometry';
import { decodeBmp } from './bmp.ts';
import type { ResolvedDecodeOptions } from './decode-options.ts';
import { decodeIco } from './ico.ts';
import { brokenImage, notAnImage } from './image-fault.ts';
import { detectFormat } from './image-format.ts';
import { hasKnownPngMethods } from './png-facts.ts';
import { decodePpm } from './ppm.ts';
import { decodeWithSharp } from './sharp-decoder.ts';

/**
 * Decodes a picture file to upright 8-bit RGB in this thread, whatever its format, colours, depth and orientation: the rules
 * are those of `ImageDecoder`, which adds the time limit and the child process.
 */
export async function decodeImage(bytes: Uint8Array, options: ResolvedDecodeOptions, where: string): Promise<Raster> {
  switch (detectFormat(bytes)) {
    case undefined:
      throw notAnImage(where, describeBeginning(bytes));
    case 'bmp':
      return decodeBmp(bytes, options, where);
    case 'ico':
      return await decodeIco(bytes, options, where);
    case 'ppm':
      return decodePpm(bytes, options, where);
    case 'png':
      if (!hasKnownPngMethods(bytes)) throw brokenImage(where, 'a PNG file with an unknown method of compression');
      return await decodeWithSharp(bytes, options, where);
    default:
      return await decodeWithSharp(bytes, options, where);
  }
}

function describeBeginning(bytes: Uint8Array): string {
  if (bytes.length === 0) return 'an empty file';
  const hex = Array.from(bytes.subarray(0, 8), (byte) => byte.toString(16).padStart(2, '0')).join(' ');
  return `${bytes.length} bytes that begin with ${hex}`;
}
