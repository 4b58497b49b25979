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
import { highPassed } from '@ssl-scene/training';
import type { ViewPlan, ViewSpec } from '@ssl-scene/views';
import type { Config } from './config/config.ts';
import { inputFilter, maskLayout } from './masking.ts';
import { pairRoles, salientPairs, salientViews } from './salient-views.ts';

/** The parts of a run, made from its configuration. */

export function makeBackbone({ backbone }: Pick<Config, 'backbone'>): Backbone {
  return resnet(backbone);
}

type FrameworkConfig = Pick<Config, 'framework' | 'backbone' | 'masking' | 'views'>;

/** The framework as it is trained: its backbone takes images as they are, since masks filter them. */
export function makeFramework(config: FrameworkConfig): Framework {
  return frameworkOf(config, makeBackbone(config));
}

/**
 * The framework as it is looked at afterwards: its backbone filters images by itself where training saw filtered ones. Use
 * it wherever a run's network meets images outside of a training step.
 */
export function makeEvaluatedFramework(config: FrameworkConfig): Framework {
  const filter = inputFilter(config);
  const backbone = makeBackbone(config);
  return frameworkOf(config, filter ? highPassed(backbone, filter) : backbone);
}

function frameworkOf(config: FrameworkConfig, backbone: Backbone): Framework {
  const { framework } = config;
  const roles = pairRoles(config.views);
  switch (framework.kind) {
    case 'simclr':
      return simClr({ backbone, ...optionsOf(framework), ...hardNegativeOptions(config) });
    case 'moco':
      return moCo({ backbone, ...roles, ...optionsOf(framework), ...hardNegativeOptions(config), ...directed(config) });
    case 'byol':
      return byol({ backbone, ...roles, ...optionsOf(framework), ...directed(config) });
    case 'simsiam':
      return simSiam({ backbone, ...roles, ...optionsOf(framework), ...directed(config) });
    case 'barlow-twins':
      return barlowTwins({ backbone, ...optionsOf(framework) });
    case 'vicreg':
      return vicReg({ backbone, ...optionsOf(framework) });
    case 'nnclr':
      return nnclr({ backbone, ...roles, ...optionsOf(framework) });
    case 'densecl':
      return denseCl({ backbone, ...roles, ...optionsOf(framework) });
    case 'swav':
      return swav({ backbone, ...roles, ...optionsOf(framework) });
    case 'dino':
      return dino({ backbone, ...roles, ...optionsOf(framework) });
  }
}

/** The fields of a framework's section are the options of its function, but for the one that names it. */
function optionsOf<T extends { readonly kind: string }>({ kind: _, ...options }: T): Omit<T, 'kind'> {
  return options;
}

function hardNegativeOptions({ masking }: FrameworkConfig): { rho?: number; positiveInDenominator?: boolean } {
  if (masking?.kind !== 'patches' || !masking.hardNegatives) return {};
  const { rho, positiveInDenominator } = masking;
  return { rho, positiveInDenominator };
}

/** Where masks tell the two directions of a pair apart, each of them is a pair. */
function directed(config: FrameworkConfig): { symmetric?: boolean } {
  return maskLayout(config)?.directed ? { symmetric: false } : {};
}

/** Two large views, made alike unless the configuration says otherwise, the small ones and the salient ones; all with independent draws. */
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
  return { views: [...large, ...smallViews, ...salientViews(views)] };
}

/** Which views are compared: the two large ones, masked or not, with multi-crop each small one with either, and salient ones. */
export function makePairs(config: Pick<Config, 'framework' | 'views' | 'masking'>): PairSpec[] {
  const { views } = config;
  const layout = maskLayout(config);
  const salient = salientPairs(views);
  if (layout) return [...layout.pairs, ...(layout.directed ? salient.flatMap(bothDirections) : salient)];
  const small = smallNames(views);
  if (small.length > 0) return [...multiCropPairs({ large: ['a', 'b'], small }), ...salient];
  return [{ role: 'global', a: 'a', b: 'b' }, ...salient];
}

/** What a framework of one direction needs to take both of a pair. */
function bothDirections(pair: PairSpec): PairSpec[] {
  return [pair, { ...pair, a: pair.b, b: pair.a }];
}

function smallNames({ small }: Config['views']): string[] {
  return Array.from({ length: small?.count ?? 0 }, (_, index) => `small${index}`);
}
