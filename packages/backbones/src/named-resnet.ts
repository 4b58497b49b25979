import { closest, SceneError } from '@ssl-scene/errors';
import type { Backbone } from './backbone.ts';
import { type ResNetOptions, resnet } from './resnet.ts';

/** The ResNets of torchvision, by its names. */
export const RESNETS = {
  resnet18: { depth: 18 },
  resnet34: { depth: 34 },
  resnet50: { depth: 50 },
  resnet101: { depth: 101 },
  resnet152: { depth: 152 },
  resnext50_32x4d: { depth: 50, groups: 32, widthPerGroup: 4 },
  resnext101_32x8d: { depth: 101, groups: 32, widthPerGroup: 8 },
  resnext101_64x4d: { depth: 101, groups: 64, widthPerGroup: 4 },
  wide_resnet50_2: { depth: 50, widthPerGroup: 128 },
  wide_resnet101_2: { depth: 101, widthPerGroup: 128 },
} as const satisfies Readonly<Record<string, ResNetOptions>>;

/** A name of {@link RESNETS}. */
export type ResNetName = keyof typeof RESNETS;

/**
 * The ResNet that torchvision has under that name.
 *
 * @param options what differs from it, for example `width` or `stem`.
 * @throws SceneError with a suggestion where there is no such name.
 */
export function namedResnet(name: ResNetName, options: Omit<ResNetOptions, 'depth' | 'name'> = {}): Backbone {
  if (Object.hasOwn(RESNETS, name)) return resnet({ ...RESNETS[name], ...options, name });
  const near = closest(name, Object.keys(RESNETS));
  throw new SceneError({
    code: 'UNKNOWN_BACKBONE',
    expected: `one of ${Object.keys(RESNETS).join(', ')}`,
    found: JSON.stringify(name),
    where: 'namedResnet',
    fix: near === undefined ? 'Choose one of the names.' : `Did you mean ${near}?`,
  });
}
