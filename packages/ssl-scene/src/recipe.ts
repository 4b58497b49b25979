import { type Backbone, resnet } from '@ssl-scene/backbones';
import { type Framework, simClr } from '@ssl-scene/frameworks';
import type { ViewPlan } from '@ssl-scene/views';
import type { Config } from './config.ts';

/** The parts of a run, made from its configuration. */

export function makeBackbone({ backbone }: Pick<Config, 'backbone'>): Backbone {
  return resnet(backbone);
}

export function makeFramework({ framework, backbone }: Pick<Config, 'framework' | 'backbone'>): Framework {
  const { head, dimension, temperature, baseTemperature } = framework;
  return simClr({
    backbone: makeBackbone({ backbone }),
    head,
    dimension,
    temperature,
    ...(baseTemperature !== undefined && { baseTemperature }),
  });
}

/** Two views made alike, with independent draws. */
export function makeViewPlan({ views }: Pick<Config, 'views'>): ViewPlan {
  const { size, crop, augmentations } = views;
  return { views: ['a', 'b'].map((name) => ({ name, size, crop, augmentations })) };
}
