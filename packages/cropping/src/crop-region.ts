import type { Box } from '@ssl-scene/geometry';
import type { HeatMap } from './heat-map.ts';

/** What is known of the image that is cropped. */
export interface CropRegion {
  /** Where the image is salient, relative to its size: edges from 0 to 1. A box without area is a point. */
  readonly box: Box;
  /** Whether `box` and `heatMap` are to be used; before the first localisation they are not. */
  readonly active: boolean;
  /** Boxes of objects, relative; used by the `boxes` sampler only, whatever `active` says. */
  readonly boxes?: readonly Box[];
  /** How salient each place is; used by the `saliency` sampler and for scores. One object for all views of the image. */
  readonly heatMap?: HeatMap;
}
