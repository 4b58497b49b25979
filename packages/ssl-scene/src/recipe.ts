import { type Backbone, resnet } from '@ssl-scene/backbones';
import {
  barlowTwins,
  byol,
  denseCl,
  dino,
  type Framework,
  moCo,
  multiCropPairs,
  nnclr,
  type PairSpec,
  simClr,
  simSiam,
  swav,
  vicReg,
} from '@ssl-scene/frameworks';
import type { ViewPlan, ViewSpec } from '@ssl-scene/views';
import type { Config } from './config/config.ts';

/** The parts of a run, made from its configuration. */

export function makeBackbone({ backbone }: Pick<Config, 'backbone'>): Backbone {
  return resnet(backbone);
}

export function makeFramework(config: Pick<Config, 'framework' | 'backbone'>): Framework {
  const { framework } = config;
  const backbone = makeBackbone(config);
  switch (framework.kind) {
    case 'simclr':
      return simClr({ backbone, ...optionsOf(framework) });
    case 'moco':
      return moCo({ backbone, ...optionsOf(framework) });
    case 'byol':
      return byol({ backbone, ...optionsOf(framework) });
    case 'simsiam':
      return simSiam({ backbone, ...optionsOf(framework) });
    case 'barlow-twins':
      return barlowTwins({ backbone, ...optionsOf(framework) });
    case 'vicreg':
      return vicReg({ backbone, ...optionsOf(framework) });
    case 'nnclr':
      return nnclr({ backbone, ...optionsOf(framework) });
    case 'densecl':
      return denseCl({ backbone, ...optionsOf(framework) });
    case 'swav':
      return swav({ backbone, ...optionsOf(framework) });
    case 'dino':
      return dino({ backbone, ...optionsOf(framework) });
  }
}

/** The fields of a framework's section are the options of its function, but for the one that names it. */
function optionsOf<T extends { readonly kind: string }>({ kind: _, ...options }: T): Omit<T, 'kind'> {
  return options;
}

/** Two large views, made alike unless the configuration says otherwise, and the small ones; all with independent draws. */
export function makeViewPlan({ views }: Pick<Config, 'views'>): ViewPlan {
  const { size, crop, augmentations, second = {}, small } = views;
  const large: ViewSpec[] = [
    { name: 'a', size, crop, augmentations },
    { name: 'b', size, crop, augmentations, ...second },
  ];
  const smallViews = smallNames(views).map((name) => ({
    name,
    size: small!.size,
    crop: small!.crop,
    augmentations: small!.augmentations,
  }));
  return { views: [...large, ...smallViews] };
}

/** Which views are compared: the two large ones, and with multi-crop each small one with either. */
export function makePairs({ views }: Pick<Config, 'views'>): PairSpec[] {
  const small = smallNames(views);
  return small.length === 0 ? [{ role: 'global', a: 'a', b: 'b' }] : multiCropPairs({ large: ['a', 'b'], small });
}

function smallNames({ small }: Config['views']): string[] {
  return Array.from({ length: small?.count ?? 0 }, (_, index) => `small${index}`);
}
