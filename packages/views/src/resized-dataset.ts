import { readFileSync } from 'node:fs';
import type { Size } from '@ssl-scene/augmentations';
import {
  type DatasetSource,
  type ImageDataset,
  openDataset,
  type PackedRule,
  readPictureFacts,
} from '@ssl-scene/datasets';
import { SceneError } from '@ssl-scene/errors';
import type { Raster } from '@ssl-scene/geometry';
import type { PixelTarget } from './image-reader.ts';
import { ResizedReader } from './resized-reader.ts';
import { storedBox, storedMask, storedSize } from './stored-size.ts';

// A module of its own, which `openDataset` loads by its URL: the data set of `resizedSource`.

export interface ResizedOptions {
  readonly of: DatasetSource;
  readonly rule: PackedRule;
  readonly nativeLibrary?: string;
}

/** Opens a data set whose images are, whenever they are read, brought to the size that a packed file would store. */
export async function open(options: ResizedOptions): Promise<ImageDataset> {
  const dataset = await openDataset(options.of);
  const { rule, nativeLibrary } = options;
  const reader = new ResizedReader(dataset, rule, nativeLibrary);
  const sizes = new OriginalSizes(dataset);
  const pixelsInto = async (index: number, target: PixelTarget): Promise<void> => {
    const { original } = await reader.read(index, target);
    sizes.remember(index, original);
  };
  const { boxes, mask } = dataset;
  const resized: ImageDataset & { pixelsInto: typeof pixelsInto } = {
    ...passedOn(dataset),
    source: { kind: 'plugin', module: import.meta.url, options: { ...options, of: dataset.source } },
    ...(dataset.size && { size: (index: number) => limited(dataset.size!(index), rule) }),
    ...(boxes && {
      boxes: (index: number) => {
        const found = boxes(index);
        if (found.length === 0) return found;
        const original = sizes.of(index);
        return found.map((box) => storedBox(box, original, storedSize(original, rule)));
      },
    }),
    ...(mask && {
      mask: async (index: number) => {
        const whole = await mask(index);
        return whole && storedMask(whole, storedSize(whole, rule));
      },
    }),
    async pixels(index): Promise<Raster> {
      let raster: Raster | undefined;
      await pixelsInto(index, (width, height) => {
        raster = { width, height, data: new Uint8Array(width * height * 3) };
        return raster.data;
      });
      return raster!;
    },
    pixelsInto,
    decisions: () => reader.decisions(),
  };
  return resized;
}

/** What a new size does not change. */
function passedOn(dataset: ImageDataset): Omit<ImageDataset, 'source' | 'pixels' | 'size' | 'boxes' | 'mask'> {
  const { name, length, classNames, warnings, labels, file, close } = dataset;
  return {
    name,
    length,
    ...(classNames && { classNames }),
    ...(warnings && { warnings }),
    id: (index) => dataset.id(index),
    label: (index) => dataset.label(index),
    ...(labels && { labels }),
    ...(file && { file }),
    ...(close && { close: () => dataset.close!() }),
  };
}

function limited(size: Size | undefined, rule: PackedRule): Size | undefined {
  return size && storedSize(size, rule);
}

/** Sizes before resizing: what the data set knows, what was met while reading, or what the file's header says. */
class OriginalSizes {
  readonly #dataset: ImageDataset;
  readonly #met = new Map<number, Size>();

  constructor(dataset: ImageDataset) {
    this.#dataset = dataset;
  }

  remember(index: number, size: Size): void {
    // Where the data set knows, nothing needs to be kept.
    if (this.#dataset.boxes !== undefined && this.#dataset.size === undefined) this.#met.set(index, size);
  }

  of(index: number): Size {
    return this.#met.get(index) ?? this.#dataset.size?.(index) ?? this.#inHeader(index);
  }

  #inHeader(index: number): Size {
    const path = this.#dataset.file?.(index);
    const facts = path === undefined ? undefined : readPictureFacts(readFileSync(path));
    if (facts !== undefined) {
      const { width, height, orientation } = facts;
      return orientation >= 5 ? { width: height, height: width } : { width, height };
    }
    throw new SceneError({
      code: 'SIZE_UNKNOWN',
      expected: 'the size of an image whose boxes are asked for',
      found: 'a data set that tells none before the image is read',
      where: `"${this.#dataset.id(index)}" of ${this.#dataset.name}`,
      fix: 'Read the pixels first, or let the data set have `size`.',
    });
  }
}
