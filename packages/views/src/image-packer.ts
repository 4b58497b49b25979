import { crc32, deflateRawSync } from 'node:zlib';
import type { Size } from '@ssl-scene/augmentations';
import { DECODE_DECISIONS, type ImageDataset } from '@ssl-scene/datasets';
import type { PackedImage, PackSettings } from './pack-message.ts';
import { ResizedReader } from './resized-reader.ts';
import { storedMask } from './stored-size.ts';

/** Reads images and brings them to the form in which they are stored. */
export class ImagePacker {
  readonly #dataset: ImageDataset;
  readonly #withMasks: boolean;
  readonly #reader: ResizedReader;

  constructor(dataset: ImageDataset, { rule, nativeLibrary, withMasks }: PackSettings) {
    this.#dataset = dataset;
    this.#withMasks = withMasks;
    this.#reader = new ResizedReader(dataset, rule, nativeLibrary);
  }

  /** @throws what the data set throws for a picture that cannot be read */
  async pack(index: number): Promise<PackedImage> {
    const before = this.#reader.decisions();
    let data = new Uint8Array(0);
    const { width, height, original } = await this.#reader.read(index, (width, height) => {
      data = new Uint8Array(width * height * 3);
      return data;
    });
    const after = this.#reader.decisions();
    return {
      width,
      height,
      originalWidth: original.width,
      originalHeight: original.height,
      data,
      checksum: crc32(data),
      mask: await this.#mask(index, { width, height }),
      decisions: DECODE_DECISIONS.filter((decision) => after[decision] > before[decision]),
    };
  }

  async #mask(index: number, size: Size): Promise<Uint8Array> {
    const mask = this.#withMasks ? await this.#dataset.mask?.(index) : undefined;
    return mask === undefined ? new Uint8Array(0) : deflateRawSync(storedMask(mask, size).data);
  }
}
