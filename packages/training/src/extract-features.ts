import type { Backbone } from '@ssl-scene/backbones';
import type { Variables } from '@ssl-scene/nn';
import { jit, type Tensor, type TensorDict } from '@ssl-scene/tensors';
import { type MapDatasetOptions, mapDataset } from './map-dataset.ts';

export interface ExtractFeaturesOptions extends MapDatasetOptions {
  readonly backbone: Backbone;
  /** The backbone's variables under its own names, without `backbone.`; see `backboneVariables`. */
  readonly variables: Variables;
  /** See `jit`. Default `float32`. */
  readonly precision?: 'float32' | 'bfloat16';
}

/** Features of a data set. */
export interface ExtractedFeatures {
  /** (count, dimension), row after row; the order of `indices`. */
  readonly features: Float32Array;
  /** Index into the data set of each row, ascending. */
  readonly indices: Uint32Array;
  readonly dimension: number;
  readonly count: number;
}

/**
 * Pooled features of whole images from the backbone in evaluation mode. The result does not depend on the number of
 * workers.
 */
export async function extractFeatures(options: ExtractFeaturesOptions): Promise<ExtractedFeatures> {
  const { backbone, variables, precision = 'float32' } = options;
  const forward = jit(
    (state: Variables, images: Tensor): TensorDict => ({
      pooled: backbone.apply(state, images, { training: false, updates: {} }),
    }),
    { name: `${backbone.name} features`, precision },
  );
  const rows = new Map<number, Float32Array>();
  const dimension = backbone.featureDim;
  try {
    await mapDataset(
      options,
      (images) => forward(variables, images),
      ({ indices, outputs }) => {
        indices.forEach((index, row) => {
          rows.set(index, outputs.pooled!.subarray(row * dimension, (row + 1) * dimension));
        });
      },
    );
  } finally {
    forward.dispose();
  }
  return inOrder(rows, dimension);
}

function inOrder(rows: ReadonlyMap<number, Float32Array>, dimension: number): ExtractedFeatures {
  const indices = Uint32Array.from(rows.keys()).sort();
  const features = new Float32Array(indices.length * dimension);
  indices.forEach((index, row) => {
    features.set(rows.get(index)!, row * dimension);
  });
  return { features, indices, dimension, count: indices.length };
}
