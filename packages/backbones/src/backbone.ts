import { closest, SceneError } from '@ssl-scene/errors';
import type { Context, Module, Variables } from '@ssl-scene/nn';
import type { Tensor, TensorDict } from '@ssl-scene/tensors';

/** What {@link Backbone.features} gives. */
export interface Features {
  /** Mean over all places of the last map, (N, featureDim). */
  readonly pooled: Tensor;
  /** The maps asked for, (N, H, W, C), by stage. */
  readonly taps: TensorDict;
}

/** A network from images (N, H, W, 3) to features (N, featureDim) that lets its stages be seen. */
export interface Backbone extends Module {
  /** For example `resnet50`. */
  readonly name: string;
  /** Length of a feature vector. */
  readonly featureDim: number;
  /** Names of the stages whose maps can be asked for, from the image to the last one. */
  readonly stages: readonly string[];
  /**
   * The high-pass filter that this backbone applies to its images by itself: length of the blur that is taken away, and its
   * deviation. Default: images are taken as they are.
   */
  readonly inputFilter?: { readonly kernel?: number; readonly sigma?: number };
  /** `apply` gives the pooled features; this one also the maps of some stages, from the same pass. */
  features(variables: Variables, x: Tensor, context: Context, stages: readonly string[]): Features;
}

/** Throws, with a suggestion, where a stage is not one of the backbone's. */
export function checkStages(backbone: Pick<Backbone, 'name' | 'stages'>, wanted: readonly string[]): void {
  for (const stage of wanted) {
    if (backbone.stages.includes(stage)) continue;
    const near = closest(stage, backbone.stages);
    throw new SceneError({
      code: 'UNKNOWN_STAGE',
      expected: `one of ${backbone.stages.join(', ')}`,
      found: JSON.stringify(stage),
      where: backbone.name,
      fix: near === undefined ? 'Choose one of the stages.' : `Did you mean ${JSON.stringify(near)}?`,
    });
  }
}

/** A part of a backbone under the name by which its output can be asked for. */
export interface Stage {
  readonly name: string;
  readonly module: Module;
}

/** Puts stages together: each one's output is the next one's input, and the last one's is pooled by `pool`. */
export function backboneOf(
  name: string,
  featureDim: number,
  stages: readonly Stage[],
  pool: (map: Tensor) => Tensor,
): Backbone {
  return {
    name,
    featureDim,
    stages: stages.map((stage) => stage.name),
    parameters: stages.flatMap(({ module }) => module.parameters),
    buffers: stages.flatMap(({ module }) => module.buffers),
    apply(variables, x, context) {
      return this.features(variables, x, context, []).pooled;
    },
    features(variables, x, context, wanted) {
      checkStages(this, wanted);
      const taps: Record<string, Tensor> = {};
      let map = x;
      for (const { name, module } of stages) {
        map = module.apply(variables, map, context);
        if (wanted.includes(name)) taps[name] = map;
      }
      return { pooled: pool(map), taps };
    },
  };
}
