import { type BadImage, type DatasetSource, openDataset } from '@ssl-scene/datasets';
import { type BadImagePolicy, createViewLoader, type ViewSpec } from '@ssl-scene/views';
import { type LoadingOptions, loaderOptions } from './loading-options.ts';
import type { Normalisation } from './trainer-options.ts';

export interface VisitImagesOptions {
  /** The images. */
  readonly source: DatasetSource;
  /** Width and height of what is seen. Whole images are resized to it unless `crop` says otherwise. */
  readonly size: number;
  /** Default `{ kind: 'whole' }`. */
  readonly crop?: ViewSpec['crop'];
  /** Images per batch. Default 256. */
  readonly batchSize?: number;
  /** Default: those of ImageNet. */
  readonly normalise?: Normalisation;
  /** Threads that decode and resize. Default: that of `createViewLoader`. */
  readonly workers?: number;
  /** How they come from the disk. Default: that of `createViewLoader`. */
  readonly loading?: LoadingOptions;
  /** Indices of the images to visit. Default: all. */
  readonly indices?: ArrayLike<number>;
  /** An image that cannot be read is an error, or is left out. Default `throw`. */
  readonly onBadImage?: Exclude<BadImagePolicy, 'blank'>;
  /** Hears at the end of the images that were left out. */
  readonly onLeftOut?: (images: readonly BadImage[]) => void;
  /** Hears how many images are done. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Some images of a data set, as they are seen in evaluation. */
export interface VisitedImages {
  /** Index into the data set of each image. */
  readonly indices: Uint32Array;
  /** Rows of `pixels`, the same in every batch: a batch that is short is filled up with zeros. */
  readonly rows: number;
  /** rows × size × size × 3, normalised. Valid until the visit ends. */
  readonly pixels: Float32Array;
}

/**
 * Shows all images of a data set to `visit`, batch by batch, while worker threads prepare the next ones. Batches come in no
 * particular order of images; their indices say which they hold.
 *
 * @param visit is done with a batch's memory when its promise resolves.
 * @returns the number of images visited.
 */
export async function visitImages(
  options: VisitImagesOptions,
  visit: (batch: VisitedImages) => Promise<void>,
): Promise<number> {
  const { source, size, crop = { kind: 'whole' }, indices, normalise, workers, onBadImage = 'throw' } = options;
  const rows = Math.min(options.batchSize ?? 256, indices?.length ?? (await lengthOf(source)));
  const loader = await createViewLoader({
    source,
    plan: { views: [{ name: 'image', size, crop, augmentations: [] }] },
    batchSize: rows,
    seed: 0,
    dropLast: false,
    onBadImage,
    output: 'float32',
    ...loaderOptions(options.loading),
    ...(workers === undefined ? {} : { workers }),
    ...(normalise && { normalise }),
    ...(indices && { indices }),
  });
  let done = 0;
  try {
    for await (const batch of loader.epoch(0)) {
      const pixels = padded(batch.views.image!, rows * size * size * 3);
      await visit({ indices: batch.indices, rows, pixels });
      // Not earlier: a tensor may share the batch's memory.
      batch.release();
      done += batch.size;
      options.onProgress?.(done, loader.length);
    }
    options.onLeftOut?.(loader.badImages());
  } finally {
    await loader.close();
  }
  return done;
}

async function lengthOf(source: DatasetSource): Promise<number> {
  const dataset = await openDataset(source);
  dataset.close?.();
  return dataset.length;
}

/** A batch of a shape of its own would mean a graph of its own. */
function padded(values: Float32Array, length: number): Float32Array {
  if (values.length === length) return values;
  const longer = new Float32Array(length);
  longer.set(values);
  return longer;
}
