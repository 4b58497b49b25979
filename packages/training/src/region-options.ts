import type { ChannelReduction, RefreshStatistics, Threshold } from '@ssl-scene/saliency';

/** How the network's own heat maps become boxes for the croppers, and when. */
export interface RegionOptions {
  /** Width and height to which whole images are resized before the pass, without keeping their aspect. */
  readonly size: number;
  /** Share of the map's range above which a place belongs to the object (k of the paper), or a rule. Default 0.1. */
  readonly threshold?: Threshold;
  /** Epochs of plain random resized crops at the start. Default: a fifth of the run. */
  readonly warmup?: number;
  /** Epochs from one refresh to the next. Default: a fifth of the run. */
  readonly interval?: number;
  /** Stage of the backbone that the maps come from. Default: the last. */
  readonly stage?: string;
  /** How channels become one map. Default `sum`. */
  readonly reduce?: ChannelReduction;
  /** Where a box ends: at its last place's far edge, or at that place's index as in the reference. Default `full`. */
  readonly edges?: 'full' | 'last-index';
  /** Whether the heat maps are kept beside the boxes, in the size of the stage's map. Default false. */
  readonly heatMaps?: boolean;
  /** Images per pass. Default 64. */
  readonly batchSize?: number;
}

/** What a refresh found. */
export interface RefreshEvent extends RefreshStatistics {
  /** The epoch that has just ended, from 0. */
  readonly epoch: number;
  /** Steps of the run that are done. */
  readonly step: number;
  readonly seconds: number;
}
