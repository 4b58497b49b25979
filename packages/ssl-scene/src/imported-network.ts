import {
  type Backbone,
  cifarResnet,
  loadPretrained,
  namedResnet,
  RESNETS,
  type ResNetName,
} from '@ssl-scene/backbones';
import { closest, SceneError } from '@ssl-scene/errors';
import { openSafetensors } from '@ssl-scene/safetensors';
import { highPassed, storedInputFilter } from '@ssl-scene/training';
import type { JudgedNetwork } from './evaluation-set.ts';

/** A network from a file of weights that no run made. */
export interface ImportedNetworkOptions {
  /** A safetensors file with PyTorch's names and layouts. */
  readonly weights: string;
  /** A name of torchvision's ResNets, or cifar-resnet20, 32, 44, 56, 110. */
  readonly backbone: string;
  /** Channels of the first stage, where they are not the usual ones. */
  readonly width?: number;
  /** Stem of torchvision's ResNets. Default `imagenet`. */
  readonly stem?: 'imagenet' | 'small';
  /** What stands before the backbone's names in the file, for example `backbone.`. Default nothing. */
  readonly prefix?: string;
}

/**
 * A network that saw images through a high-pass filter in training, as its file then says, sees them so here.
 *
 * @throws SceneError where there is no such backbone, or the file has less than 90 % of its tensors.
 */
export function importNetwork({ weights, prefix, ...options }: ImportedNetworkOptions): JudgedNetwork {
  const plain = namedBackbone(options);
  const filter = storedFilter(weights);
  const backbone = filter ? highPassed(plain, filter) : plain;
  const { variables } = loadPretrained(backbone, weights, prefix === undefined ? {} : { prefix });
  return { backbone, variables };
}

function storedFilter(weights: string): ReturnType<typeof storedInputFilter> {
  const reader = openSafetensors(weights);
  reader.close();
  return storedInputFilter(reader.metadata);
}

const CIFAR_DEPTHS = [20, 32, 44, 56, 110] as const;
const CIFAR_NAMES = CIFAR_DEPTHS.map((depth) => `cifar-resnet${depth}`);

function namedBackbone({ backbone: name, width, stem }: Omit<ImportedNetworkOptions, 'weights' | 'prefix'>): Backbone {
  const widthOption = width === undefined ? {} : { width };
  const depth = CIFAR_DEPTHS[CIFAR_NAMES.indexOf(name)];
  if (depth !== undefined) return cifarResnet({ depth, ...widthOption });
  if (Object.hasOwn(RESNETS, name)) {
    return namedResnet(name as ResNetName, { ...widthOption, ...(stem && { stem }) });
  }
  const names = [...Object.keys(RESNETS), ...CIFAR_NAMES];
  const near = closest(name, names);
  throw new SceneError({
    code: 'UNKNOWN_BACKBONE',
    expected: `one of ${names.join(', ')}`,
    found: JSON.stringify(name),
    where: '--backbone',
    fix: near === undefined ? 'Choose one of the names.' : `Did you mean ${near}?`,
  });
}
