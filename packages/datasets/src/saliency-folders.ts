import { basename, extname, join, resolve } from 'node:path';
import { SceneError } from '@ssl-scene/errors';
import { checkIndex } from './check-index.ts';
import { requireFolder } from './data-path.ts';
import type { SaliencyFoldersSource } from './dataset-source.ts';
import { scanFolder } from './folder-scan.ts';
import type { ImageDataset, ObjectMask } from './image-dataset.ts';
import { IMAGE_EXTENSIONS } from './image-format.ts';
import { pictureFiles } from './picture-files.ts';

/** From this brightness on, a mask's pixel belongs to the salient object. */
const SALIENT = 128;

/**
 * Opens a saliency benchmark: a folder of images and one of masks, matched by name without extension. Only images with a mask
 * count; those without are counted in `warnings`. `mask` has 1 for salient pixels (at least half bright), 0 for others.
 *
 * @throws SceneError `DATA_NOT_FOUND`, `EMPTY_DATASET` where no image has a mask
 */
export function openSaliencyFolders(source: SaliencyFoldersSource): ImageDataset {
  const [images, masks] = [resolve(source.images), resolve(source.masks)];
  requireFolder(images);
  requireFolder(masks);
  const maskOf = new Map(scanFolder(masks, IMAGE_EXTENSIONS).files.map((file) => [withoutExtension(file), file]));
  const all = scanFolder(images, IMAGE_EXTENSIONS).files;
  const ids = all.filter((file) => maskOf.has(withoutExtension(file)));
  if (ids.length === 0) throw nothingMatches(images, masks, all.length, maskOf.size);

  const name = basename(images);
  const pictures = pictureFiles(name, ids, (index) => join(images, ids[index]!), source.decode);
  const maskFiles = pictureFiles(
    name,
    ids,
    (index) => join(masks, maskOf.get(withoutExtension(ids[index]!))!),
    source.decode,
  );
  const missing = all.length - ids.length;
  return {
    ...pictures,
    name,
    source: { ...source, images, masks },
    warnings: missing === 0 ? [] : [`${missing} images without a mask were left out.`],
    label(index: number): number {
      checkIndex(index, ids.length, name);
      return -1;
    },
    async mask(index: number): Promise<ObjectMask> {
      const { width, height, data } = await maskFiles.pixels(index);
      return {
        width,
        height,
        data: Uint8Array.from({ length: width * height }, (_, i) => (data[3 * i]! >= SALIENT ? 1 : 0)),
      };
    },
    close(): void {
      pictures.close();
      maskFiles.close();
    },
  };
}

function withoutExtension(file: string): string {
  return file.slice(0, file.length - extname(file).length);
}

function nothingMatches(images: string, masks: string, imageCount: number, maskCount: number): SceneError {
  return new SceneError({
    code: 'EMPTY_DATASET',
    expected: 'images and masks that share their names, extensions apart',
    found: `${imageCount} images and ${maskCount} masks, of which no two do`,
    where: `${images} and ${masks}`,
    fix: 'Check the two folders.',
  });
}
