import { SceneError } from '@ssl-scene/errors';
import { type Tensor, tf } from '@ssl-scene/tensors';
import type { Encoder } from './encoder.ts';

/**
 * The encoder with batch norm over groups of the batch, as on as many devices: image i belongs to group i modulo
 * `groups`, each group is normalised by its own statistics, and the running statistics become the mean of what the
 * groups would have made of them. Groups that do not divide the batch are an error.
 */
export function splitEncoder(encoder: Encoder, groups: number): Encoder {
  if (groups === 1) return encoder;
  return {
    ...encoder,
    apply({ params, buffers }, images, context) {
      const current = { params, buffers: { ...buffers, ...context.updates } };
      const results = splitImages(images, groups).map((group) => {
        const updates: Record<string, Tensor> = {};
        return { embeddings: encoder.apply(current, group, { ...context, updates }), updates };
      });
      for (const name of Object.keys(results[0]!.updates)) {
        context.updates[name] = meanOf(results.map(({ updates }) => updates[name]!));
      }
      return interleave(results.map(({ embeddings }) => embeddings));
    },
  };
}

function splitImages(images: Tensor, groups: number): Tensor[] {
  const [size, ...shape] = images.shape as [number, ...number[]];
  if (size % groups !== 0) {
    throw new SceneError({
      code: 'BATCH_NOT_DIVISIBLE',
      expected: `a batch that ${groups} batch-norm groups divide`,
      found: `${size} images`,
      where: 'option splits',
      fix: 'Change the batch size or the number of groups.',
    });
  }
  return tf.unstack(tf.reshape(images, [size / groups, groups, ...shape]), 1);
}

function interleave(parts: readonly Tensor[]): Tensor {
  const [size, dimension] = parts[0]!.shape as [number, number];
  return tf.reshape(tf.stack([...parts], 1), [size * parts.length, dimension]);
}

function meanOf(values: readonly Tensor[]): Tensor {
  // Counters are equal in all groups, and integers.
  if (values[0]!.dtype === 'int32') return values[0]!;
  return tf.div(
    values.reduce((sum, next) => tf.add(sum, next)),
    values.length,
  );
}
