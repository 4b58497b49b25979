import type { Context, Variables } from '@ssl-scene/nn';
import { type Tensor, type TensorDict, tf } from '@ssl-scene/tensors';
import type { Encoder } from './encoder.ts';
import type { Network } from './network.ts';

/**
 * Which images share batch-norm statistics: `joint` runs all views of one size through the backbone at once, and then all
 * views through the head at once (the codes of SimCLR, SwAV and DINO; also the fastest), `per-view` one view after another
 * (MoCo, BYOL, SimSiam).
 */
export type ForwardMode = 'joint' | 'per-view';

/** Embeddings (N, D) of the named views. */
export function embed(
  encoder: Encoder,
  variables: Variables,
  views: TensorDict,
  names: readonly string[],
  mode: ForwardMode,
  context: Context,
): Record<string, Tensor> {
  const pass = mode === 'joint' ? embedJointly : embedEach<Tensor>;
  return pass(encoder, variables, views, names, context);
}

/** What a network makes of each of the named views, one pass after another in the order of `names`. */
export function embedEach<Output>(
  network: Network<Output>,
  variables: Variables,
  views: TensorDict,
  names: readonly string[],
  context: Context,
): Record<string, Output> {
  return Object.fromEntries(names.map((name) => [name, network.apply(variables, views[name]!, context)]));
}

function embedJointly(
  encoder: Encoder,
  variables: Variables,
  views: TensorDict,
  names: readonly string[],
  context: Context,
): Record<string, Tensor> {
  const groups = namesBySize(views, names);
  const features = groups.map((group) => {
    const images = group.map((name) => views[name]!);
    return encoder.features(variables, together(images), context);
  });
  const embeddings = encoder.project(variables, together(features), context);
  const parts = names.length === 1 ? [embeddings] : tf.split(embeddings, names.length, 0);
  return Object.fromEntries(groups.flat().map((name, index) => [name, parts[index]!]));
}

function together(parts: readonly Tensor[]): Tensor {
  return parts.length === 1 ? parts[0]! : tf.concat([...parts], 0);
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
