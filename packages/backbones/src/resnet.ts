import { SceneError } from '@ssl-scene/errors';
import { type Initialiser, kaimingNormal, type Module, maxPool, relu, sequential } from '@ssl-scene/nn';
import { globalAvgPool } from '@ssl-scene/tensors';
import { type Backbone, backboneOf, type Stage } from './backbone.ts';
import { BOTTLENECK_EXPANSION, basicBlock, bottleneckBlock, convolutionAndNorm } from './residual-block.ts';

/** Number of layers with weights, the classifier included. */
export type ResNetDepth = 18 | 34 | 50 | 101 | 152;

export interface ResNetOptions {
  readonly depth: ResNetDepth;
  /** Channels of the first stage; later ones have 2, 4 and 8 times as many (bottlenecks: 4 times those). Default 64. */
  readonly width?: number;
  /**
   * `imagenet`: 7×7 convolution of stride 2, then 3×3 max-pooling of stride 2. `small`: 3×3 convolution of stride 1 and
   * no pooling, for images of 32 to 96 px. Default `imagenet`.
   */
  readonly stem?: 'imagenet' | 'small';
  /** Groups of the bottlenecks' 3×3 convolutions (ResNeXt). Default 1. */
  readonly groups?: number;
  /** Width of a group in the first stage at width 64: 128 in wide ResNets, 4 or 8 in ResNeXt. Default 64. */
  readonly widthPerGroup?: number;
  /** Whether every residual branch is silent at the start: the last batch norm's scale is 0. Default false. */
  readonly zeroInitResidual?: boolean;
  /** Spread of fresh filters, Kaiming normal: `fan-out` as torchvision, `fan-in` as OpenSelfSup. Default `fan-out`. */
  readonly initialisation?: 'fan-out' | 'fan-in';
  /** Appears in messages. Default `resnet<depth>`. */
  readonly name?: string;
}

const BLOCKS: Readonly<Record<ResNetDepth, readonly [number, number, number, number]>> = {
  18: [2, 2, 2, 2],
  34: [3, 4, 6, 3],
  50: [3, 4, 6, 3],
  101: [3, 4, 23, 3],
  152: [3, 8, 36, 3],
};

/**
 * Residual network (He et al. 2016) with torchvision's structure and names; wide (Zagoruyko & Komodakis 2016) and
 * aggregated (ResNeXt, Xie et al. 2017) forms by `groups` and `widthPerGroup`. Stages: `stem` (before pooling),
 * `layer1` to `layer4`.
 */
export function resnet(options: ResNetOptions): Backbone {
  const { depth, width = 64, stem = 'imagenet', name = `resnet${depth}` } = options;
  check(options);
  const block = blockMaker(options);
  const expansion = isBottleneck(depth) ? BOTTLENECK_EXPANSION : 1;
  const stages: Stage[] = [{ name: 'stem', module: stemModule(stem, width, initialiserOf(options)) }];
  let channels = width;
  BLOCKS[depth].forEach((count, index) => {
    const layer = `layer${index + 1}`;
    const planes = width * 2 ** index;
    const modules = Array.from({ length: count }, (_, place) => {
      const stride = index > 0 && place === 0 ? 2 : 1;
      const module = block(`${layer}.${place}`, channels, planes, stride);
      channels = planes * expansion;
      return module;
    });
    // The stem's map is wanted before its pooling, so the pooling belongs to the next stage.
    if (index === 0 && stem === 'imagenet') modules.unshift(maxPool({ kernel: 3, stride: 2, padding: 1 }));
    stages.push({ name: layer, module: sequential(...modules) });
  });
  return backboneOf(name, channels, stages, globalAvgPool);
}

function isBottleneck(depth: ResNetDepth): boolean {
  return depth >= 50;
}

function initialiserOf({ initialisation = 'fan-out' }: ResNetOptions): Initialiser {
  return kaimingNormal(initialisation);
}

function stemModule(stem: 'imagenet' | 'small', width: number, initialise: Initialiser): Module {
  const geometry = stem === 'imagenet' ? { kernel: 7, stride: 2, padding: 3 } : { kernel: 3, padding: 1 };
  const convolution = convolutionAndNorm(
    ['conv1', { in: 3, out: width, ...geometry, initialise }],
    ['bn1', { channels: width }],
  );
  return sequential(convolution, relu());
}

type BlockMaker = (name: string, channels: number, planes: number, stride: number) => Module;

function blockMaker(options: ResNetOptions): BlockMaker {
  const { depth, groups = 1, widthPerGroup = 64, zeroInitResidual = false } = options;
  const make = isBottleneck(depth) ? bottleneckBlock : basicBlock;
  const lastScale = zeroInitResidual ? 0 : 1;
  const initialise = initialiserOf(options);
  return (name, channels, planes, stride) =>
    make(name, { in: channels, planes, stride, groups, widthPerGroup, lastScale, initialise });
}

function check({ depth, stem = 'imagenet', groups = 1, widthPerGroup = 64 }: ResNetOptions): void {
  if (!(depth in BLOCKS)) refuse(`a depth among ${Object.keys(BLOCKS).join(', ')}`, String(depth));
  if (stem !== 'imagenet' && stem !== 'small') refuse("the stem 'imagenet' or 'small'", JSON.stringify(stem));
  if (!isBottleneck(depth) && (groups !== 1 || widthPerGroup !== 64)) {
    refuse('groups 1 and widthPerGroup 64 for basic blocks', `${groups} and ${widthPerGroup}`);
  }
}

function refuse(expected: string, found: string): never {
  throw new SceneError({ code: 'OPTION', expected, found, where: 'resnet', fix: 'Correct the option.' });
}
