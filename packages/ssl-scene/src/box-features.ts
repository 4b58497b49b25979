import type { BadImage, DatasetSource } from '@ssl-scene/datasets';
import { type RegionOfInterest, roiFeatures } from '@ssl-scene/evaluators';
import type { Variables } from '@ssl-scene/nn';
import { jit, type Tensor, type TensorDict, tf } from '@ssl-scene/tensors';
import { type MappedBatch, mapDataset } from '@ssl-scene/training';
import type { EvaluationSettings, JudgedNetwork } from './evaluation-set.ts';
import type { ObjectBox } from './object-boxes.ts';

/** Images at a time; fewer than elsewhere, because maps are large. */
const BATCH = 64;

/** Features of boxes. */
export interface BoxFeatures {
  /** rows × dimension */
  readonly features: Float32Array;
  /** Which box each row is of, ascending. */
  readonly places: Uint32Array;
  readonly dimension: number;
}

/**
 * RoIAlign of boxes on a stage's map of their whole image, resized to the evaluation's size, and the mean over its bins:
 * one feature for each box, in the context of its scene.
 *
 * @param boxes relative to their images. Those on images that cannot be read are left out.
 */
export async function boxFeatures(
  { backbone, variables }: JudgedNetwork,
  source: DatasetSource,
  boxes: readonly ObjectBox[],
  { evaluation, size, normalise, workers, loading }: EvaluationSettings,
  onLeftOut: (images: readonly BadImage[]) => void,
): Promise<BoxFeatures> {
  const { stage = backbone.stages.at(-1)!, bins, samplingRatio = 'adaptive' } = evaluation.boxes;
  const forward = jit(
    (state: Variables, images: Tensor): TensorDict => ({
      map: backbone.features(state, images, { training: false, updates: {} }, [stage]).taps[stage]!,
    }),
    { name: `${backbone.name} ${stage}` },
  );
  const ofImage = placesByImage(boxes);
  const found = new Map<number, Float32Array>();
  let shape: readonly number[] = [];
  const consume = ({ indices, outputs }: MappedBatch): void => {
    const [height, width, channels] = shape as [number, number, number];
    const places = [...indices].flatMap((index) => ofImage.get(index)!);
    const batchPlace = new Map([...indices].map((index, row) => [index, row]));
    const regions = places.map((place): RegionOfInterest => {
      const { image, box } = boxes[place]!;
      const [x0, x1, y0, y1] = [box.x0 * width, box.x1 * width, box.y0 * height, box.y1 * height];
      return { image: batchPlace.get(image)!, x0, x1, y0, y1 };
    });
    const features = tf.tidy(() => {
      const map = tf.tensor4d(outputs.map!, [indices.length, height, width, channels]);
      return roiFeatures(map, regions, { outputSize: bins, samplingRatio }).dataSync<'float32'>();
    });
    places.forEach((place, row) => {
      found.set(place, features.slice(row * channels, (row + 1) * channels));
    });
  };
  try {
    await mapDataset(
      {
        source,
        size,
        normalise,
        workers,
        batchSize: BATCH,
        indices: [...ofImage.keys()],
        onBadImage: 'skip',
        onLeftOut,
        ...(loading && { loading }),
      },
      (images) => {
        const outputs = forward(variables, images);
        shape = outputs.map!.shape.slice(1);
        return outputs;
      },
      consume,
    );
  } finally {
    forward.dispose();
  }
  return inOrder(found, shape.at(-1)!);
}

function placesByImage(boxes: readonly ObjectBox[]): Map<number, number[]> {
  const places = new Map<number, number[]>();
  boxes.forEach(({ image }, place) => {
    const ofImage = places.get(image);
    if (ofImage) ofImage.push(place);
    else places.set(image, [place]);
  });
  return places;
}

function inOrder(found: ReadonlyMap<number, Float32Array>, dimension: number): BoxFeatures {
  const places = Uint32Array.from(found.keys()).sort();
  const features = new Float32Array(places.length * dimension);
  places.forEach((place, row) => {
    features.set(found.get(place)!, row * dimension);
  });
  return { features, places, dimension };
}
