import { SceneError } from '@ssl-scene/errors';
import { kaimingNormal, type Module, relu, sequential } from '@ssl-scene/nn';
import { avgPool2d, globalAvgPool, tf } from '@ssl-scene/tensors';
import { type Backbone, backboneOf, type Stage } from './backbone.ts';
import { convolutionAndNorm, residualBlock } from './residual-block.ts';

export interface CifarResNetOptions {
  /** 6n + 2 layers with weights: 20, 32, 44, 56, 110 … */
  readonly depth: number;
  /** Channels of the first stage; the others have 2 and 4 times as many. Even. Default 16. */
  readonly width?: number;
}

/**
 * The residual network for 32 px images of He et al. 2016, section 4.2: three stages of basic blocks, and shortcuts
 * without weights ("option A": every second place, new channels zero, half of them on each side). Names as in
 * akamaster/pytorch_resnet_cifar10. Stages: `stem`, `layer1` to `layer3`.
 */
export function cifarResnet({ depth, width = 16 }: CifarResNetOptions): Backbone {
  check(depth, width);
  const initialise = kaimingNormal('fan-in');
  const stem = convolutionAndNorm(
    ['conv1', { in: 3, out: width, kernel: 3, padding: 1, initialise }],
    ['bn1', { channels: width }],
  );
  const stages: Stage[] = [{ name: 'stem', module: sequential(stem, relu()) }];
  let channels = width;
  for (const index of [0, 1, 2]) {
    const planes = width * 2 ** index;
    const blocks = Array.from({ length: (depth - 2) / 6 }, (_, place) => {
      const block = optionABlock(`layer${index + 1}.${place}`, channels, planes);
      channels = planes;
      return block;
    });
    stages.push({ name: `layer${index + 1}`, module: sequential(...blocks) });
  }
  return backboneOf(`cifar-resnet${depth}`, channels, stages, globalAvgPool);
}

/** Where channels double, the map's sides are halved. */
function optionABlock(name: string, channels: number, planes: number): Module {
  const initialise = kaimingNormal('fan-in');
  const stride = planes === channels ? 1 : 2;
  const layers = [
    convolutionAndNorm(
      [`${name}.conv1`, { in: channels, out: planes, kernel: 3, stride, padding: 1, initialise }],
      [`${name}.bn1`, { channels: planes }],
    ),
    convolutionAndNorm(
      [`${name}.conv2`, { in: planes, out: planes, kernel: 3, padding: 1, initialise }],
      [`${name}.bn2`, { channels: planes }],
    ),
  ];
  return residualBlock(layers, stride === 1 ? undefined : optionAShortcut((planes - channels) / 2));
}

function optionAShortcut(newChannels: number): Module {
  return {
    parameters: [],
    buffers: [],
    apply(_variables, x) {
      // Pooling with a window of one place takes every second place, and has a gradient, which a strided slice has not.
      const places = avgPool2d(x, { kernel: 1, stride: 2 });
      return tf.pad(places, [
        [0, 0],
        [0, 0],
        [0, 0],
        [newChannels, newChannels],
      ]);
    },
  };
}

function check(depth: number, width: number): void {
  const valid = Number.isSafeInteger(depth) && depth >= 8 && depth % 6 === 2 && width >= 2 && width % 2 === 0;
  if (valid) return;
  throw new SceneError({
    code: 'OPTION',
    expected: 'a depth of 6n + 2 with n from 1, and an even width',
    found: `depth ${depth}, width ${width}`,
    where: 'cifarResnet',
    fix: 'Choose for example depth 20 and width 16.',
  });
}
