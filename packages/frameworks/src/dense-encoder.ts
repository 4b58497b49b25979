import type { Backbone, Features } from '@ssl-scene/backbones';
import { type BufferSpec, conv, type Module, type ParameterSpec, prefixed, relu } from '@ssl-scene/nn';
import { type Tensor, tf } from '@ssl-scene/tensors';
import { prefixOf } from './encoder.ts';
import type { Network } from './network.ts';
import { numbered } from './numbered.ts';

/** What a dense encoder makes of N images whose last map has S cells. */
export type DenseEmbeddings = {
  /** (N, D): of the whole image. */
  readonly global: Tensor;
  /** (N, S, D): of every cell. */
  readonly grid: Tensor;
  /** (N, S, C): the backbone's last map. */
  readonly features: Tensor;
};

/** A backbone with two heads: one on the pooled features, one on every cell of the last map. */
export interface DenseEncoder extends Network<DenseEmbeddings> {
  readonly parameters: readonly ParameterSpec[];
  readonly buffers: readonly BufferSpec[];
}

/**
 * @param projector on the pooled features.
 * @param denseProjector on maps (N, h, w, C), without mixing their cells.
 * @param prefix as in `encoder`; the heads' names begin with `projector.` and `denseProjector.`.
 */
export function denseEncoder(backbone: Backbone, projector: Module, denseProjector: Module, prefix = ''): DenseEncoder {
  const start = prefixOf(prefix);
  const lastStage = backbone.stages.at(-1)!;
  const body = prefixed(`${start}backbone`, withLastMap(backbone, lastStage));
  const head = prefixed(`${start}projector`, projector);
  const denseHead = prefixed(`${start}denseProjector`, denseProjector);
  const parts = [body, head, denseHead];
  return {
    parameters: parts.flatMap(({ parameters }) => parameters),
    buffers: parts.flatMap(({ buffers }) => buffers),
    apply(variables, images, context) {
      const { pooled, taps } = body.apply(variables, images, context);
      const map = taps[lastStage]!;
      return {
        global: head.apply(variables, pooled, context),
        grid: cells(denseHead.apply(variables, map, context)),
        features: cells(map),
      };
    },
  };
}

/** The dense head of DenseCL: two 1 × 1 convolutions with biases and a ReLU between. */
export function denseProjectionHead(width: number, hidden: number, out: number): Module {
  return numbered(
    (place) => conv(place, { in: width, out: hidden, kernel: 1 }),
    () => relu(),
    (place) => conv(place, { in: hidden, out, kernel: 1 }),
  );
}

function withLastMap(backbone: Backbone, stage: string): Module<Tensor, Features> {
  return {
    parameters: backbone.parameters,
    buffers: backbone.buffers,
    apply: (variables, images, context) => backbone.features(variables, images, context, [stage]),
  };
}

/** (N, h, w, C) to (N, h · w, C). */
function cells(map: Tensor): Tensor {
  const [images, height, width, channels] = map.shape as [number, number, number, number];
  return tf.reshape(map, [images, height * width, channels]);
}
