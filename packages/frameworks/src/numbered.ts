import { type Module, sequential } from '@ssl-scene/nn';

/** Modules in a row, named by their places as in PyTorch's Sequential: `0.weight`, `2.bias`. */
export function numbered(...layers: readonly ((place: string) => Module)[]): Module {
  return sequential(...layers.map((layer, place) => layer(String(place))));
}
