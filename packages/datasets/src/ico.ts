import type { Raster } from '@ssl-scene/geometry';
import { decodeIconBitmap } from './bmp.ts';
import { ByteReader } from './byte-reader.ts';
import type { ResolvedDecodeOptions } from './decode-options.ts';
import { brokenImage } from './image-fault.ts';
import { detectFormat } from './image-format.ts';
import { decodeWithSharp } from './sharp-decoder.ts';

const DIRECTORY = 6;
const ENTRY = 16;

/** Decodes the largest picture of a Windows icon; of equal ones that with most colours. */
export async function decodeIco(bytes: Uint8Array, options: ResolvedDecodeOptions, where: string): Promise<Raster> {
  const reader = new ByteReader(bytes, where);
  const count = reader.uint16(4);
  if (count === 0) throw brokenImage(where, 'an icon file without pictures');
  const entries = Array.from({ length: count }, (_, i) => {
    const at = DIRECTORY + ENTRY * i;
    return {
      // A byte cannot hold 256; icons write 0 for it.
      area: (reader.uint8(at) || 256) * (reader.uint8(at + 1) || 256),
      bits: reader.uint16(at + 6),
      length: reader.uint32(at + 8),
      offset: reader.uint32(at + 12),
    };
  });
  const best = entries.reduce((a, b) => (b.area > a.area || (b.area === a.area && b.bits > a.bits) ? b : a));
  const picture = reader.slice(best.offset, best.length);
  return detectFormat(picture) === 'png'
    ? await decodeWithSharp(picture, options, where)
    : decodeIconBitmap(picture, options, where);
}
