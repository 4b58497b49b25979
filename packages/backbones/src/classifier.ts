import { linearLayer, type Module } from '@ssl-scene/nn';
import type { Backbone } from './backbone.ts';

export interface ClassifierOptions {
  readonly classes: number;
  /** Name of the layer: `fc` in torchvision, `linear` in CIFAR ResNets. Default `fc`. */
  readonly name?: string;
}

/** A backbone and a linear layer on its pooled features: images (N, H, W, 3) to logits (N, classes). */
export function classifier(backbone: Backbone, { classes, name = 'fc' }: ClassifierOptions): Module {
  const head = linearLayer(name, { in: backbone.featureDim, out: classes });
  return {
    parameters: [...backbone.parameters, ...head.parameters],
    buffers: [...backbone.buffers, ...head.buffers],
    apply: (variables, x, context) => head.apply(variables, backbone.apply(variables, x, context), context),
  };
}
