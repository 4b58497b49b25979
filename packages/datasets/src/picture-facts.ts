import { avifFacts } from './avif-facts.ts';
import { bmpFacts, icoFacts } from './bmp-facts.ts';
import { gifFacts } from './gif-facts.ts';
import { detectFormat, type ImageFormat } from './image-format.ts';
import { jpegFacts } from './jpeg-header.ts';
import type { Orientation } from './orientation.ts';
import { pngFacts } from './png-facts.ts';
import { ppmFacts } from './ppm.ts';
import { tiffFacts } from './tiff-facts.ts';
import { webpFacts } from './webp-facts.ts';

/** How a file stores colours. */
export type PictureMode = 'grey' | 'rgb' | 'palette' | 'cmyk' | 'other';

/** What a picture file says of itself before anything is decoded. */
export interface HeaderFacts {
  /** Size as stored; orientations from 5 on exchange the sides. */
  readonly width: number;
  readonly height: number;
  readonly mode: PictureMode;
  /** Bits of a channel, or of a palette's index. */
  readonly bits: number;
  /** Whether pixels can be transparent. */
  readonly hasAlpha: boolean;
  readonly orientation: Orientation;
  /** Frames of an animation, pages, or pictures of an icon; 1 for still pictures. */
  readonly frames: number;
  /** Whether the file holds a colour profile. */
  readonly hasProfile: boolean;
}

export interface PictureFacts extends HeaderFacts {
  readonly format: ImageFormat;
}

const READERS: Readonly<Record<ImageFormat, (bytes: Uint8Array) => HeaderFacts | undefined>> = {
  jpeg: jpegFacts,
  png: pngFacts,
  gif: gifFacts,
  webp: webpFacts,
  tiff: tiffFacts,
  avif: avifFacts,
  bmp: bmpFacts,
  ico: icoFacts,
  ppm: ppmFacts,
};

/**
 * Reads the header of a picture file, in microseconds and without decoding; undefined where it is none of the formats, or its
 * header cannot be read.
 */
export function readPictureFacts(bytes: Uint8Array): PictureFacts | undefined {
  const format = detectFormat(bytes);
  if (format === undefined) return undefined;
  try {
    const facts = READERS[format](bytes);
    return facts === undefined ? undefined : { format, ...facts };
  } catch (error) {
    // Reading over the end of a file that is cut within its header.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
