import { batchNorm, conv, type Initialiser, type Module } from '@ssl-scene/nn';
import { relu, type Tensor, tf } from '@ssl-scene/tensors';

/** A convolution without bias and the batch norm after it. */
export function convolutionAndNorm(convolution: Parameters<typeof conv>, norm: Parameters<typeof batchNorm>): Module {
  const [name, options] = convolution;
  const filter = conv(name, { ...options, bias: false });
  const normalise = batchNorm(...norm);
  return {
    parameters: [...filter.parameters, ...normalise.parameters],
    buffers: normalise.buffers,
    apply: (variables, x, context) => normalise.apply(variables, filter.apply(variables, x, context), context),
  };
}

/** relu(branch(x) + shortcut(x)), where the branch has a ReLU between its layers. */
export function residualBlock(layers: readonly Module[], shortcut: Module | undefined): Module {
  const parts = shortcut ? [...layers, shortcut] : layers;
  return {
    parameters: parts.flatMap(({ parameters }) => parameters),
    buffers: parts.flatMap(({ buffers }) => buffers),
    apply(variables, input, context) {
      const branch = layers.reduce((x: Tensor, layer, index) => {
        const y = layer.apply(variables, x, context);
        return index < layers.length - 1 ? relu(y) : y;
      }, input);
      const straight = shortcut ? shortcut.apply(variables, input, context) : input;
      return relu(tf.add(branch, straight));
    },
  };
}

/** What a block of a ResNet is made from. */
export interface BlockOptions {
  /** Channels of the input. */
  readonly in: number;
  /** Channels inside, of a basic block also of its output. */
  readonly planes: number;
  /** Step of the block. */
  readonly stride: number;
  readonly groups: number;
  /** Channels per group and per 64 planes, of bottlenecks. */
  readonly widthPerGroup: number;
  /** Scale of the branch's last batch norm in a fresh network. */
  readonly lastScale: number;
  readonly initialise: Initialiser;
}

/** Two 3×3 convolutions; the stride is on the first. */
export function basicBlock(
  name: string,
  { in: channels, planes, stride, lastScale, initialise }: BlockOptions,
): Module {
  const layers = [
    convolutionAndNorm(
      [`${name}.conv1`, { in: channels, out: planes, kernel: 3, stride, padding: 1, initialise }],
      [`${name}.bn1`, { channels: planes }],
    ),
    convolutionAndNorm(
      [`${name}.conv2`, { in: planes, out: planes, kernel: 3, padding: 1, initialise }],
      [`${name}.bn2`, { channels: planes, initialScale: lastScale }],
    ),
  ];
  return residualBlock(layers, projection(name, channels, planes, stride, initialise));
}

/** A bottleneck's output has this many times its planes. */
export const BOTTLENECK_EXPANSION = 4;

/** 1×1, 3×3 and 1×1 convolutions; the stride is on the 3×3, as in torchvision (ResNet "v1.5"). */
export function bottleneckBlock(name: string, options: BlockOptions): Module {
  const { in: channels, planes, stride, groups, widthPerGroup, lastScale, initialise } = options;
  const inner = Math.floor((planes * widthPerGroup) / 64) * groups;
  const out = planes * BOTTLENECK_EXPANSION;
  const layers = [
    convolutionAndNorm(
      [`${name}.conv1`, { in: channels, out: inner, kernel: 1, initialise }],
      [`${name}.bn1`, { channels: inner }],
    ),
    convolutionAndNorm(
      [`${name}.conv2`, { in: inner, out: inner, kernel: 3, stride, padding: 1, groups, initialise }],
      [`${name}.bn2`, { channels: inner }],
    ),
    convolutionAndNorm(
      [`${name}.conv3`, { in: inner, out, kernel: 1, initialise }],
      [`${name}.bn3`, { channels: out, initialScale: lastScale }],
    ),
  ];
  return residualBlock(layers, projection(name, channels, out, stride, initialise));
}

/** A 1×1 convolution on the shortcut where the shape changes. */
function projection(
  name: string,
  channels: number,
  out: number,
  stride: number,
  initialise: Initialiser,
): Module | undefined {
  if (stride === 1 && channels === out) return undefined;
  return convolutionAndNorm(
    [`${name}.downsample.0`, { in: channels, out, kernel: 1, stride, initialise }],
    [`${name}.downsample.1`, { channels: out }],
  );
}
