import { backboneVariables, type Framework } from '@ssl-scene/frameworks';
import type { Variables } from '@ssl-scene/nn';
import { jit, type Tensor, tf } from '@ssl-scene/tensors';
import { rankMe } from './rank-me.ts';
import { uploadViews } from './upload.ts';

/** Rows that the sample holds, and images that it takes at a time. */
const ROWS = 128;
const IMAGES = 32;
/** Fewer rows say nothing of a rank. */
const ENOUGH_ROWS = 16;

/** The backbone's features of recent images, for their rank. */
export interface FeatureSample {
  /** Takes the first images of a view in, in evaluation mode. */
  add(variables: Variables, images: Float32Array, count: number): Promise<void>;
  /** `rankMe` of the sample, and its rows; `undefined` while it is too small. */
  rank(): { readonly rank: number; readonly rows: number } | undefined;
  dispose(): void;
}

/** A sample that forgets its oldest rows. */
export function featureSample(
  { backbone }: Pick<Framework, 'backbone'>,
  precision: 'float32' | 'bfloat16',
): FeatureSample {
  const dimension = backbone.featureDim;
  const kept = new Float32Array(ROWS * dimension);
  let seen = 0;
  const forward = jit(
    (state: Variables, images: Tensor) => backbone.apply(state, images, { training: false, updates: {} }),
    { name: 'feature sample', precision },
  );
  return {
    async add(variables, images, count) {
      const taken = Math.min(count, IMAGES);
      const { view } = uploadViews({ view: images.subarray(0, (images.length / count) * taken) }, taken);
      const state = backboneVariables(variables);
      const features = forward(state, view!);
      const values = await features.data<'float32'>();
      for (let row = 0; row < taken; row++) {
        kept.set(values.subarray(row * dimension, (row + 1) * dimension), ((seen + row) % ROWS) * dimension);
      }
      seen += taken;
      tf.dispose([view!, features]);
    },
    rank() {
      const rows = Math.min(seen, ROWS);
      return rows < ENOUGH_ROWS ? undefined : { rank: rankMe(kept, rows, dimension), rows };
    },
    dispose: () => forward.dispose(),
  };
}
