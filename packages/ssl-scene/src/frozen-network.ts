import { type Backbone, cifarResnet, loadPretrained, resnet, squeezeNet } from '@ssl-scene/backbones';
import type { Variables } from '@ssl-scene/nn';
import { openSafetensors } from '@ssl-scene/safetensors';
import { highPassed, storedInputFilter } from '@ssl-scene/training';
import type { FrozenNetworkConfig } from './config/frozen-network-schema.ts';

/** A network that stays as it is, with the backbone's variables under its own names. */
export interface FrozenNetwork {
  readonly backbone: Backbone;
  readonly variables: Variables;
}

/** Reads a network that stays as it is; it sees images through the filter that the file says. Choose a backend first. */
export function loadFrozenNetwork({ file, prefix, backbone: spec }: FrozenNetworkConfig): FrozenNetwork {
  const reader = openSafetensors(file);
  const filter = storedInputFilter(reader.metadata);
  reader.close();
  const network = backboneOf(spec);
  const backbone = filter ? highPassed(network, filter) : network;
  const { variables } = loadPretrained(backbone, file, prefix === undefined ? {} : { prefix });
  return { backbone, variables };
}

function backboneOf(spec: FrozenNetworkConfig['backbone']): Backbone {
  switch (spec.kind) {
    case 'resnet':
      return resnet({ depth: spec.depth, width: spec.width, stem: spec.stem });
    case 'cifar-resnet':
      return cifarResnet({ depth: spec.depth, width: spec.width });
    case 'squeezenet':
      return squeezeNet();
  }
}
