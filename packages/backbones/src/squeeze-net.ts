import { conv, kaimingNormal, type Module, relu, sequential } from '@ssl-scene/nn';
import { globalAvgPool, maxPool2d, relu as rectify, type Tensor, tf } from '@ssl-scene/tensors';
import { type Backbone, backboneOf, type Stage } from './backbone.ts';

/** Squeezed channels, and channels of each of the two expanding convolutions, by number of the module. */
const FIRES: readonly (readonly [number, number, number])[] = [
  [2, 16, 64],
  [3, 16, 64],
  [4, 32, 128],
  [5, 32, 128],
  [6, 48, 192],
  [7, 48, 192],
  [8, 64, 256],
  [9, 64, 256],
];

/** Pooling comes before these. */
const POOLED = [2, 5, 9];

/**
 * SqueezeNet 1.0 (Iandola et al. 2016) without its classifier, with the names of the Caffe model (`fire2/squeeze1x1`).
 * Stages: `conv1`, `fire2` to `fire9`. Pooling windows that hang over the edge count, as in Caffe and torchvision.
 */
export function squeezeNet(): Backbone {
  const stem = conv('conv1', { in: 3, out: 96, kernel: 7, stride: 2, initialise: kaimingNormal('fan-in') });
  const stages: Stage[] = [{ name: 'conv1', module: sequential(stem, relu()) }];
  let channels = 96;
  for (const [number, squeezed, expanded] of FIRES) {
    const module = fire(`fire${number}`, channels, squeezed, expanded);
    stages.push({
      name: `fire${number}`,
      module: POOLED.includes(number) ? sequential(overhangingPool(), module) : module,
    });
    channels = 2 * expanded;
  }
  return backboneOf('squeezenet1_0', channels, stages, globalAvgPool);
}

/** SqueezeNet 1.0 with its classifier `conv10`: images (N, H, W, 3) to logits (N, classes), none of them negative. */
export function squeezeNetClassifier({ classes = 1000 }: { readonly classes?: number } = {}): Module {
  const backbone = squeezeNet();
  const last = conv('conv10', { in: backbone.featureDim, out: classes, kernel: 1, padding: 1 });
  return {
    parameters: [...backbone.parameters, ...last.parameters],
    buffers: backbone.buffers,
    apply(variables, x, context) {
      const { taps } = backbone.features(variables, x, context, ['fire9']);
      return globalAvgPool(rectify(last.apply(variables, taps.fire9!, context)));
    },
  };
}

function fire(name: string, channels: number, squeezed: number, expanded: number): Module {
  const initialise = kaimingNormal('fan-in');
  const squeeze = conv(`${name}/squeeze1x1`, { in: channels, out: squeezed, kernel: 1, initialise });
  const narrow = conv(`${name}/expand1x1`, { in: squeezed, out: expanded, kernel: 1, initialise });
  const wide = conv(`${name}/expand3x3`, { in: squeezed, out: expanded, kernel: 3, padding: 1, initialise });
  return {
    parameters: [squeeze, narrow, wide].flatMap(({ parameters }) => parameters),
    buffers: [],
    apply(variables, x, context) {
      const small = rectify(squeeze.apply(variables, x, context));
      const parts = [narrow.apply(variables, small, context), wide.apply(variables, small, context)];
      return rectify(tf.concat(parts, 3));
    },
  };
}

/** 3×3 maximum of stride 2 that also looks at an incomplete last window ("ceil mode"). */
function overhangingPool(): Module {
  const over = (length: number): number => (length - 3) % 2;
  return {
    parameters: [],
    buffers: [],
    apply(_variables, x: Tensor) {
      const [, height, width] = x.shape as [number, number, number, number];
      return maxPool2d(x, { kernel: 3, stride: 2, padding: [0, over(height), 0, over(width)] });
    },
  };
}
