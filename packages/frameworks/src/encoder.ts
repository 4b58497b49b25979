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

const BACKBONE = 'backbone.';

/** A backbone followed by a projection head, with all names under one prefix. */
export interface Encoder {
  readonly parameters: readonly ParameterSpec[];
  readonly buffers: readonly BufferSpec[];
  /** Images (N, height, width, 3) to embeddings (N, D). */
  apply(variables: Variables, images: Tensor, context: Context): Tensor;
}

/**
 * @param prefix put before `backbone.` and `projector.`; empty for the network that is learned, `key` or `target` for a
 *   moving-average copy of it.
 */
export function encoder(backbone: Backbone, projector: Module, prefix = ''): Encoder {
  const start = prefix === '' ? '' : `${prefix}.`;
  const body = prefixed(`${start}backbone`, backbone);
  const head = prefixed(`${start}projector`, projector);
  return {
    parameters: [...body.parameters, ...head.parameters],
    buffers: [...body.buffers, ...head.buffers],
    apply(variables, images, context) {
      return head.apply(variables, body.apply(variables, images, context), context);
    },
  };
}

/**
 * The variables as a forward pass wants them: parameters that are not learned lie among the buffers, and are found here
 * beside those that are.
 */
export function withUnlearned({ params, buffers }: Variables): Variables {
  return { params: { ...buffers, ...params }, buffers };
}

/** The variables of a framework's backbone under the backbone's own names: `backbone.conv1.weight` as `conv1.weight`. */
export function backboneVariables({ params, buffers }: Variables): Variables {
  return { params: under(BACKBONE, params), buffers: under(BACKBONE, buffers) };
}

function under(prefix: string, tensors: TensorDict): TensorDict {
  const entries = Object.entries(tensors).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(entries.map(([name, tensor]) => [name.slice(prefix.length), tensor]));
}
