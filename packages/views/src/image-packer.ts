import { crc32, deflateRawSync } from 'node:zlib';
import { createRasterEngine, type RasterEngine, type Size, shorterSideSize } from '@ssl-scene/augmentations';
import type { ImageDataset, PackedRule } from '@ssl-scene/datasets';
import { ImageReader } from './image-reader.ts';
import { nearestPlaces, type PixelLabels, pickLabels } from './nearest-pixel.ts';
import type { PackedImage, PackSettings } from './pack-message.ts';

/** Reads images and brings them to the size in which they are stored. */
export class ImagePacker {
  readonly #dataset: ImageDataset;
  readonly #settings: PackSettings;
  readonly #reader: ImageReader;
  readonly #engine: RasterEngine = createRasterEngine();

  constructor(dataset: ImageDataset, settings: PackSettings) {
    this.#dataset = dataset;
    this.#settings = settings;
    this.#reader = new ImageReader(dataset, { nativeLibrary: settings.nativeLibrary });
  }

  /** @throws what the data set throws for a picture that cannot be read */
  async pack(index: number): Promise<PackedImage> {
    let pixels = new Uint8Array(0);
    const { width, height } = await this.#reader.read(index, (width, height) => {
      pixels = new Uint8Array(width * height * 3);
      return pixels;
    });
    const size = packedSize({ width, height }, this.#settings.rule);
    const data =
      size.width === width && size.height === height ? pixels : this.#resized(pixels, { width, height }, size);
    const mask = await this.#mask(index, size);
    return { ...size, originalWidth: width, originalHeight: height, data, checksum: crc32(data), mask };
  }

  #resized(pixels: Uint8Array, { width, height }: Size, size: Size): Uint8Array {
    this.#engine.source(width, height).set(pixels);
    const { filter } = this.#settings.rule;
    this.#engine.cropAndResize({ x: 0, y: 0, width, height }, size.width, size.height, { filter });
    return this.#engine.bytes();
  }

  async #mask(index: number, size: Size): Promise<Uint8Array> {
    const mask = this.#settings.withMasks ? await this.#dataset.mask?.(index) : undefined;
    return mask === undefined ? new Uint8Array(0) : deflateRawSync(resizedMask(mask, size));
  }
}

function resizedMask(mask: PixelLabels, { width, height }: Size): Uint8Array {
  if (mask.width === width && mask.height === height) return mask.data;
  return pickLabels(mask, nearestPlaces(0, mask.width, width), nearestPlaces(0, mask.height, height), 0);
}

/** The size in which an image is stored: torchvision's `Resize(shortSide)`, but never larger than it is. */
export function packedSize({ width, height }: Size, { shortSide }: PackedRule): Size {
  const isSmall = shortSide === null || Math.min(width, height) <= shortSide;
  return isSmall ? { width, height } : shorterSideSize(width, height, shortSide);
}
