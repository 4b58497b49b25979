import { createHash } from 'node:crypto';
import type { Raster } from '@ssl-scene/geometry';
import type { BadImages } from './bad-images.ts';
import type { ImageDataset } from './image-dataset.ts';
import { pictureTraits } from './perceptual-hash.ts';
import { type PictureFacts, readPictureFacts } from './picture-facts.ts';
import type { ComparedPicture } from './similar-pictures.ts';

/** What is found out about one picture. */
export interface PictureFinding {
  /** Of its file; 0 where it is none, or cannot be read at all. */
  readonly bytes: number;
  readonly facts: PictureFacts | undefined;
  /** Upright; undefined where the picture is broken. */
  readonly size: { readonly width: number; readonly height: number } | undefined;
  /** Its only colour, where it has no other. */
  readonly colour: readonly [number, number, number] | undefined;
  /** Of its pixels; empty where it is broken. */
  readonly digest: string;
  /** Undefined where it is broken or of one colour. */
  readonly traits: ComparedPicture | undefined;
}

/** Reads a picture, and finds out what a report wants to know; a broken one is listed in `badImages`. */
export async function examinePicture(
  dataset: ImageDataset,
  index: number,
  badImages: BadImages,
): Promise<PictureFinding> {
  const raster = await badImages.read(dataset, index);
  const file = raster === undefined ? undefined : await dataset.encoded?.(index);
  const colour = raster === undefined ? undefined : onlyColour(raster);
  const isTelling = raster !== undefined && colour === undefined;
  return {
    bytes: file?.length ?? (await brokenFileBytes(dataset, index, raster)),
    facts: file === undefined ? undefined : readPictureFacts(file),
    size: raster === undefined ? undefined : { width: raster.width, height: raster.height },
    colour,
    digest: raster === undefined ? '' : digestOf(raster),
    traits: isTelling ? { index, ...pictureTraits(raster) } : undefined,
  };
}

/** A broken file counts in the bytes of all; one that cannot be read at all has none. */
async function brokenFileBytes(dataset: ImageDataset, index: number, raster: Raster | undefined): Promise<number> {
  if (raster !== undefined || dataset.encoded === undefined) return 0;
  try {
    return (await dataset.encoded(index)).length;
  } catch {
    return 0;
  }
}

function onlyColour({ data }: Raster): readonly [number, number, number] | undefined {
  const [red, green, blue] = [data[0]!, data[1]!, data[2]!];
  for (let i = 0; i < data.length; i += 3) {
    if (data[i] !== red || data[i + 1] !== green || data[i + 2] !== blue) return undefined;
  }
  return [red, green, blue];
}

function digestOf({ width, height, data }: Raster): string {
  return createHash('sha256').update(`${width} ${height} `).update(data).digest('base64');
}
