import { createRasterEngine, type RasterEngine, type Size } from '@ssl-scene/augmentations';
import type { DecisionCounts, ImageDataset, PackedRule } from '@ssl-scene/datasets';
import { ImageReader, type PixelTarget } from './image-reader.ts';
import { isSameSize, storedSize } from './stored-size.ts';

/** An image that was brought to size. */
export interface ResizedImage extends Size {
  readonly original: Size;
}

/** Reads images of a data set in the size that a rule gives them. */
export class ResizedReader {
  readonly #rule: PackedRule;
  readonly #reader: ImageReader;
  readonly #engine: RasterEngine = createRasterEngine();
  #last: Promise<unknown> = Promise.resolve();

  constructor(dataset: ImageDataset, rule: PackedRule, nativeLibrary?: string) {
    this.#rule = rule;
    this.#reader = new ImageReader(dataset, { nativeLibrary });
  }

  /**
   * Reads an image; one after the other, since the engine holds one at a time.
   *
   * @throws what the data set throws for a picture that cannot be read
   */
  read(index: number, target: PixelTarget): Promise<ResizedImage> {
    const result = this.#last.then(() => this.#readNow(index, target));
    this.#last = result.catch(() => undefined);
    return result;
  }

  async #readNow(index: number, target: PixelTarget): Promise<ResizedImage> {
    const original = await this.#reader.read(index, (width, height) => {
      const isStoredAsIs = isSameSize(storedSize({ width, height }, this.#rule), { width, height });
      return isStoredAsIs ? target(width, height) : this.#engine.source(width, height);
    });
    const { width, height } = original;
    const size = storedSize(original, this.#rule);
    if (!isSameSize(size, original)) {
      const { filter } = this.#rule;
      this.#engine.cropAndResize({ x: 0, y: 0, width, height }, size.width, size.height, { filter });
      this.#engine.bytes(target(size.width, size.height));
    }
    return { ...size, original: { width, height } };
  }

  /** See `ImageReader`. */
  decisions(): DecisionCounts {
    return this.#reader.decisions();
  }
}
