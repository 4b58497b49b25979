import type { Backbone } from '@ssl-scene/backbones';
import { closest, SceneError } from '@ssl-scene/errors';
import type { Framework } from '@ssl-scene/frameworks';
import type { Variables } from '@ssl-scene/nn';
import type {
  ChannelReduction,
  HeatMapBoxOptions,
  MinimumBarrierOptions,
  NetworkFreeMethod,
  RefreshStatistics,
  Threshold,
} from '@ssl-scene/saliency';
import { averagePrefix } from './average-variables.ts';

/** What finds the heat maps: a network, or colours alone. */
export type RegionSource = 'network' | NetworkFreeMethod;

/** A network that stays as it is. One that was trained with labels makes a run that is no longer free of them: say so. */
export interface FrozenRegionNetwork {
  readonly backbone: Backbone;
  /** The backbone's variables under its own names; they stay the caller's. */
  readonly variables: Variables;
}

/** How heat maps become boxes for the croppers, where they come from, and when. */
export interface RegionOptions {
  /** A network, as in ContrastiveCrop, or a method that needs none. Default `network`. */
  readonly source?: RegionSource;
  /**
   * Which network: the one that learns (`online`); the moving average that the framework keeps of it (MoCo's key, BYOL's
   * target, DINO's teacher); or one that stays as it is. Maps that cannot change are computed once, before the first step.
   * Default `online`, as in ContrastiveCrop.
   */
  readonly network?: 'online' | 'average' | FrozenRegionNetwork;
  /** Width and height to which whole images are resized before the pass, without keeping their aspect. */
  readonly size: number;
  /** Share of the map's range above which a place belongs to the object (k of the paper), or a rule. Default 0.1. */
  readonly threshold?: Threshold;
  /** Whether the box holds all places above the threshold, or the largest part of them that hangs together. Default `all`. */
  readonly component?: NonNullable<HeatMapBoxOptions['component']>;
  /** Epochs of plain random resized crops at the start. Default: a fifth of the run, and none where maps cannot change. */
  readonly warmup?: number;
  /** Epochs from one refresh to the next; for a network that learns. Default: a fifth of the run. */
  readonly interval?: number;
  /** Stage of the backbone that the maps come from; with a network only. Default: the last. */
  readonly stage?: string;
  /** How channels become one map; with a network only. Default `sum`. */
  readonly reduce?: ChannelReduction;
  /** Whether the network also looks at each image mirrored, and maps are averaged; with a network only. Default false. */
  readonly flip?: boolean;
  /** Sizes at which the network looks, as factors of `size`; maps are averaged. With a network only. Default `[1]`. */
  readonly scales?: readonly number[];
  /** How `minimum-barrier` finds its maps; with that source only. Default: its own values. */
  readonly minimumBarrier?: MinimumBarrierOptions;
  /** Where a box ends: at its last place's far edge, or at that place's index as in the reference. Default `full`. */
  readonly edges?: 'full' | 'last-index';
  /** Whether the heat maps are kept beside the boxes. Default false. */
  readonly heatMaps?: boolean;
  /** Width and height of the kept heat maps. Default: those of the stage's map, and 16 without a network. */
  readonly mapSize?: number;
  /** Images per pass. Default 64. */
  readonly batchSize?: number;
}

/** What a refresh found. */
export interface RefreshEvent extends RefreshStatistics {
  /** The epoch that has just ended, from 0; -1 before the first. */
  readonly epoch: number;
  /** Steps of the run that are done. */
  readonly step: number;
  readonly seconds: number;
}

const SOURCES: readonly RegionSource[] = ['network', 'minimum-barrier', 'colour-distribution', 'spectral-residual'];
const OF_NETWORKS = ['network', 'stage', 'reduce', 'flip', 'scales'] as const;

/** Whether the maps are a network's. */
export function isFromNetwork({ source = 'network' }: Pick<RegionOptions, 'source'>): boolean {
  return source === 'network';
}

/** Whether the maps change while the run learns, so that they are refreshed. */
export function changesInTraining(regions: Pick<RegionOptions, 'source' | 'network'>): boolean {
  return isFromNetwork(regions) && typeof regions.network !== 'object';
}

/** @throws SceneError for a source that does not exist, or an option that means nothing for the source. */
export function checkRegionOptions(regions: RegionOptions, framework: Framework): void {
  const { source = 'network', minimumBarrier, heatMaps = false, mapSize } = regions;
  if (!SOURCES.includes(source)) {
    const suggestion = closest(String(source), SOURCES);
    const fix = suggestion === undefined ? 'Choose one of these.' : `Did you mean ${suggestion}?`;
    throw badOption('source', SOURCES.join(', '), JSON.stringify(source), fix);
  }
  for (const name of isFromNetwork(regions) ? [] : OF_NETWORKS) {
    if (regions[name] === undefined) continue;
    throw badOption(name, `nothing with source ${source}`, JSON.stringify(regions[name]), 'Leave it out.');
  }
  if (!changesInTraining(regions) && regions.interval !== undefined) {
    const fix = 'Leave it out: these maps cannot change, and are computed once before the first step.';
    throw badOption('interval', 'nothing for maps that need no refresh', String(regions.interval), fix);
  }
  if (regions.network === 'average' && averagePrefix(framework) === undefined) {
    const expected = 'a framework with a moving average of its network, such as MoCo or BYOL';
    throw badOption('network', expected, framework.name, "Take 'online'.");
  }
  if (minimumBarrier !== undefined && source !== 'minimum-barrier') {
    throw badOption('minimumBarrier', `nothing with source ${source}`, JSON.stringify(minimumBarrier), 'Leave it out.');
  }
  if (mapSize === undefined) return;
  if (!Number.isInteger(mapSize) || mapSize < 2) {
    throw badOption('mapSize', 'a whole number from 2', String(mapSize), 'Correct the value.');
  }
  if (!heatMaps) throw badOption('mapSize', 'nothing where no heat maps are kept', String(mapSize), 'Set heatMaps.');
}

function badOption(name: string, expected: string, found: string, fix: string): SceneError {
  return new SceneError({ code: 'BAD_OPTION', where: `regions.${name}`, expected, found, fix });
}
