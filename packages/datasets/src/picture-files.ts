import type { Raster } from '@ssl-scene/geometry';
import { checkIndex } from './check-index.ts';
import type { DecodeOptions } from './decode-options.ts';
import type { ImageDataset } from './image-dataset.ts';
import { ImageDecoder, readImageFile } from './image-decoder.ts';

/** The part of a data set that all collections of picture files have in common. */
export type PictureFiles = Required<
  Pick<ImageDataset, 'id' | 'pixels' | 'file' | 'encoded' | 'decisions' | 'close'>
> & {
  readonly length: number;
};

/** Reads pictures by their index: `ids[i]` is the id of picture i, `pathOf(i)` its file. */
export function pictureFiles(
  name: string,
  ids: readonly string[],
  pathOf: (index: number) => string,
  decode: DecodeOptions | undefined,
): PictureFiles {
  const decoder = new ImageDecoder(decode);
  const checkedPath = (index: number): string => {
    checkIndex(index, ids.length, name);
    return pathOf(index);
  };
  return {
    length: ids.length,
    id(index: number): string {
      checkIndex(index, ids.length, name);
      return ids[index]!;
    },
    async pixels(index: number): Promise<Raster> {
      return await decoder.decodeFile(checkedPath(index));
    },
    file: checkedPath,
    async encoded(index: number): Promise<Uint8Array> {
      return await readImageFile(checkedPath(index));
    },
    decisions: () => decoder.decisions(),
    close: () => decoder.close(),
  };
}
