import { type BadImage, type DatasetSource, openDataset } from '@ssl-scene/datasets';
import { type Tensor, type TensorDict, tf } from '@ssl-scene/tensors';
import { type BadImagePolicy, createViewLoader, type ViewSpec } from '@ssl-scene/views';
import type { Normalisation } from './trainer-options.ts';
import { uploadViews } from './upload.ts';

export interface MapDatasetOptions {
  /** The images. */
  readonly source: DatasetSource;
  /** Width and height of what the function sees. Whole images are resized to it unless `crop` says otherwise. */
  readonly size: number;
  /** Default `{ kind: 'whole' }`. */
  readonly crop?: ViewSpec['crop'];
  /** Images per call. Default 256. */
  readonly batchSize?: number;
  /** Default: those of ImageNet. */
  readonly normalise?: Normalisation;
  /** Threads that decode and resize. Default: that of `createViewLoader`. */
  readonly workers?: number;
  /** Indices of the images to visit. Default: all. */
  readonly indices?: ArrayLike<number>;
  /** An image that cannot be read is an error, or is left out. Default `throw`. */
  readonly onBadImage?: Exclude<BadImagePolicy, 'blank'>;
  /** Hears at the end of the images that were left out. */
  readonly onLeftOut?: (images: readonly BadImage[]) => void;
  /** Hears how many images are done. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Values of one batch: `rows` images, each with as many values as there are elements per image in the tensor. */
export interface MappedBatch {
  /** Index into the data set of each image. */
  readonly indices: Uint32Array;
  /** By the name that the function gave: the values of the batch's images, one after the other. */
  readonly outputs: Readonly<Record<string, Float32Array>>;
}

/**
 * Runs `fn` over all images of a data set in evaluation, while worker threads prepare the next batches. Batches come in
 * no particular order of images; their indices say which they hold. Every batch has the same shape, so that a jitted
 * function is recorded once.
 *
 * @param fn from normalised images (batch, size, size, 3) to tensors whose first axis is the batch.
 * @param consume gets the values; the arrays are its own.
 * @returns the number of images visited.
 */
export async function mapDataset(
  options: MapDatasetOptions,
  fn: (images: Tensor) => TensorDict,
  consume: (batch: MappedBatch) => void,
): Promise<number> {
  const { source, size, crop = { kind: 'whole' }, indices, normalise, workers, onBadImage = 'throw' } = options;
  const batchSize = Math.min(options.batchSize ?? 256, indices?.length ?? (await lengthOf(source)));
  const loader = await createViewLoader({
    source,
    plan: { views: [{ name: 'image', size, crop, augmentations: [] }] },
    batchSize,
    seed: 0,
    dropLast: false,
    onBadImage,
    output: 'float32',
    ...(workers === undefined ? {} : { workers }),
    ...(normalise && { normalise }),
    ...(indices && { indices }),
  });
  let done = 0;
  try {
    for await (const batch of loader.epoch(0)) {
      const { image } = uploadViews({ image: padded(batch.views.image!, batchSize * size * size * 3) }, batchSize);
      const outputs = await evaluate(fn, image!, batch.size);
      // Not earlier: the tensor may share the batch's memory.
      batch.release();
      consume({ indices: batch.indices, outputs });
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

/** A batch that is short is filled up with zeros: a shape of its own would mean a graph of its own. */
function padded(values: Float32Array, length: number): Float32Array {
  if (values.length === length) return values;
  const longer = new Float32Array(length);
  longer.set(values);
  return longer;
}

async function evaluate(
  fn: (images: Tensor) => TensorDict,
  images: Tensor,
  rows: number,
): Promise<Record<string, Float32Array>> {
  const tensors = tf.tidy(() => fn(images)) as TensorDict;
  images.dispose();
  const outputs: Record<string, Float32Array> = {};
  for (const [name, tensor] of Object.entries(tensors)) {
    const values = (await tensor.data()) as Float32Array;
    outputs[name] = Float32Array.from(values.subarray(0, (tensor.size / tensor.shape[0]!) * rows));
    tensor.dispose();
  }
  return outputs;
}
