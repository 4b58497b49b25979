import type { Backbone } from '@ssl-scene/backbones';
import {
  type BufferSpec,
  type Context,
  type Module,
  type ParameterSpec,
  prefixed,
  type Variables,
} from '@ssl-scene/nn';
import type { Tensor, TensorDict } from '@ssl-scene/tensors';
import type { Network } from './network.ts';

const BACKBONE = 'backbone.';

/** A backbone followed by a projection head, with all names under one prefix: images to embeddings (N, D). */
export interface Encoder extends Network<Tensor> {
  readonly parameters: readonly ParameterSpec[];
  readonly buffers: readonly BufferSpec[];
  /** Images to the backbone's features. */
  features(variables: Variables, images: Tensor, context: Context): Tensor;
  /** Features to embeddings. */
  project(variables: Variables, features: Tensor, context: Context): Tensor;
}

/**
 * @param prefix put before `backbone.` and `projector.`; empty for the network that is learned, `key`, `target` or
 *   `teacher` for a moving-average copy of it.
 */
export function encoder(backbone: Backbone, projector: Module, prefix = ''): Encoder {
  const start = prefixOf(prefix);
  const body = prefixed(`${start}backbone`, backbone);
  const head = prefixed(`${start}projector`, projector);
  return {
    parameters: [...body.parameters, ...head.parameters],
    buffers: [...body.buffers, ...head.buffers],
    features: body.apply,
    project: head.apply,
    apply(variables, images, context) {
      return head.apply(variables, body.apply(variables, images, context), context);
    },
  };
}

/** What stands before the names of a network, dot included. */
export function prefixOf(prefix: string): string {
  return prefix === '' ? '' : `${prefix}.`;
}

/**
 * The variables as a forward pass wants them: parameters that are not learned lie among the buffers, and are found here
 * beside those that are.
 */
export function withUnlearned({ params, buffers }: Variables): Variables {
  return { params: { ...buffers, ...params }, buffers };
}

/**
 * The variables of the learned backbone under the backbone's own names: `backbone.conv1.weight` as `conv1.weight`. For the
 * network to evaluate see {@link evaluatedVariables}.
 */
export function backboneVariables({ params, buffers }: Variables): Variables {
  return { params: tensorsUnder(BACKBONE, params), buffers: tensorsUnder(BACKBONE, buffers) };
}

/** The tensors whose names begin with `prefix`, without it. */
export function tensorsUnder(prefix: string, tensors: TensorDict): TensorDict {
  const entries = Object.entries(tensors).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(entries.map(([name, tensor]) => [name.slice(prefix.length), tensor]));
}
