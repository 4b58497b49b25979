import type { Context, Variables } from '@ssl-scene/nn';
import { type Tensor, type TensorDict, tf } from '@ssl-scene/tensors';
import type { Encoder } from './encoder.ts';

/**
 * Which images share batch-norm statistics: `joint` runs all views of one size through the encoder at once (SimCLR's
 * own code; also the fastest), `per-view` one view after another (MoCo, BYOL, SimSiam).
 */
export type ForwardMode = 'joint' | 'per-view';

/** Embeddings (N, D) of the named views. Per-view passes run in the order of `names`. */
export function embed(
  encoder: Encoder,
  variables: Variables,
  views: TensorDict,
  names: readonly string[],
  mode: ForwardMode,
  context: Context,
): Record<string, Tensor> {
  const groups = mode === 'joint' ? namesBySize(views, names) : names.map((name) => [name]);
  return Object.assign({}, ...groups.map((group) => embedTogether(encoder, variables, views, group, context)));
}

function embedTogether(
  encoder: Encoder,
  variables: Variables,
  views: TensorDict,
  names: readonly string[],
  context: Context,
): Record<string, Tensor> {
  const images = names.map((name) => views[name]!);
  if (images.length === 1) return { [names[0]!]: encoder.apply(variables, images[0]!, context) };
  const together = encoder.apply(variables, tf.concat(images, 0), context);
  const parts = tf.split(together, images.length, 0);
  return Object.fromEntries(names.map((name, index) => [name, parts[index]!]));
}

function namesBySize(views: TensorDict, names: readonly string[]): string[][] {
  const groups = new Map<string, string[]>();
  for (const name of names) {
    const size = views[name]!.shape.join();
    const group = groups.get(size);
    if (group) group.push(name);
    else groups.set(size, [name]);
  }
  return [...groups.values()];
}
