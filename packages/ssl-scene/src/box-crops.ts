import { extname } from 'node:path';
import { crop } from '@ssl-scene/augmentations';
import { type DatasetSource, type ImageDataset, openDataset } from '@ssl-scene/datasets';
import type { Raster } from '@ssl-scene/geometry';
import { objectBoxes } from './object-boxes.ts';

export interface BoxCropsOptions {
  /** The data set whose objects these are. */
  readonly source: DatasetSource;
  /** See `objectBoxes`. */
  readonly most: number;
}

/**
 * What describes {@link openBoxCrops}. This module is an entry of its own in the published package, so that worker threads
 * load little.
 */
export function boxCropsSource(options: BoxCropsOptions): DatasetSource {
  const module = new URL(`./box-crops${extname(import.meta.url)}`, import.meta.url).href;
  return { kind: 'plugin', module, export: 'openBoxCrops', options };
}

/** The objects of a data set, cut out at their true boxes, each an image with the object's class. */
export async function openBoxCrops(options: BoxCropsOptions): Promise<ImageDataset> {
  const dataset = await openDataset(options.source);
  const boxes = objectBoxes(dataset, options.most);
  return {
    name: `objects of ${dataset.name}`,
    length: boxes.length,
    source: boxCropsSource(options),
    ...(dataset.classNames && { classNames: dataset.classNames }),
    id: (index) => `${dataset.id(boxes[index]!.image)}#${index}`,
    label: (index) => boxes[index]!.box.label,
    pixels(index) {
      const { image, box } = boxes[index]!;
      const picture = dataset.pixels(image);
      return picture instanceof Promise ? picture.then((raster) => cutOut(raster, box)) : cutOut(picture, box);
    },
    ...(dataset.close && { close: () => dataset.close!() }),
  };
}

/** The whole pixels that a box touches, at least one. */
function cutOut(raster: Raster, { x0, y0, x1, y1 }: { x0: number; y0: number; x1: number; y1: number }): Raster {
  const [x, width] = span(x0, x1, raster.width);
  const [y, height] = span(y0, y1, raster.height);
  return crop(raster, { x, y, width, height });
}

function span(low: number, high: number, size: number): [start: number, length: number] {
  const start = Math.min(Math.max(Math.floor(low), 0), size - 1);
  return [start, Math.max(Math.min(Math.ceil(high), size) - start, 1)];
}
