import { type Tensor, type TensorDict, tf } from '@ssl-scene/tensors';
import { uploadViews } from './upload.ts';
import { type VisitImagesOptions, visitImages } from './visit-images.ts';

export type MapDatasetOptions = VisitImagesOptions;

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
  return visitImages(options, async ({ indices, rows, pixels }) => {
    const { image } = uploadViews({ image: pixels }, rows);
    const outputs = await evaluate(fn, image!, indices.length);
    consume({ indices, outputs });
  });
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
