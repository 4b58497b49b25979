import { type DatasetSource, openDataset } from '@ssl-scene/datasets';
import { tf } from '@ssl-scene/tensors';
import { mapDataset } from './map-dataset.ts';

/** Places of a data set that are looked at, each with its successor, since copies often lie side by side. */
const PLACES = 32;
/** Width and height at which images are compared. */
const SIZE = 16;
/** Share of the images from which on a fault is worth a warning. */
const MANY = 0.05;

/** What a look at some images of a data set found. */
export interface ImageCheck {
  /** How many could be read. */
  readonly images: number;
  /** Indices of images of one colour. */
  readonly constant: readonly number[];
  /** Indices of images that equal an earlier one of them, with that one. */
  readonly copies: readonly { readonly index: number; readonly of: number }[];
}

/** Looks at up to 64 images, spread evenly, for faults that no training can mend. */
export async function checkImages(source: DatasetSource): Promise<ImageCheck> {
  const thumbnails = new Map<number, Float32Array>();
  const indices = spread(await lengthOf(source));
  await mapDataset(
    { source, size: SIZE, indices, workers: 0, onBadImage: 'skip' },
    (images) => ({ images: tf.clone(images) }),
    ({ indices, outputs }) => {
      const length = SIZE * SIZE * 3;
      indices.forEach((index, row) => {
        thumbnails.set(index, outputs.images!.subarray(row * length, (row + 1) * length));
      });
    },
  );
  const inOrder = [...thumbnails].sort(([a], [b]) => a - b);
  const constant = inOrder.filter(([, pixels]) => isConstant(pixels)).map(([index]) => index);
  const first = new Map<string, number>();
  const copies: { index: number; of: number }[] = [];
  for (const [index, pixels] of inOrder) {
    const key = pixels.join();
    const of = first.get(key);
    if (of === undefined) first.set(key, index);
    else copies.push({ index, of });
  }
  return { images: inOrder.length, constant, copies };
}

/** A sentence for each fault that many of the images have. */
export function imageWarnings({ images, constant, copies }: ImageCheck): string[] {
  const warnings: string[] = [];
  if (constant.length > MANY * images) {
    warnings.push(
      `${constant.length} of ${images} images that were looked at are of one colour (image ${some(constant)}): there is ` +
        'nothing to learn from them. Check `source`.',
    );
  }
  if (copies.length > MANY * images) {
    const pairs = copies.map(({ index, of }) => `${index} of ${of}`);
    warnings.push(
      `${copies.length} of ${images} images that were looked at are copies of another (image ${some(pairs)}): a loss with ` +
        'negatives pushes them apart. Take them out of `source`.',
    );
  }
  return warnings;
}

function some(items: readonly (number | string)[]): string {
  return items.length <= 4 ? items.join(', ') : `${items.slice(0, 4).join(', ')} …`;
}

function isConstant(pixels: Float32Array): boolean {
  return pixels.every((value, place) => value === pixels[place % 3]);
}

function spread(length: number): number[] {
  const places = Array.from({ length: PLACES }, (_, place) => Math.floor((place * length) / PLACES));
  return [...new Set(places.flatMap((place) => [place, Math.min(place + 1, length - 1)]))];
}

async function lengthOf(source: DatasetSource): Promise<number> {
  const dataset = await openDataset(source);
  dataset.close?.();
  return dataset.length;
}
