import type { Box } from '@ssl-scene/geometry';

/** What is known of the image that is cropped. */
export interface CropRegion {
  /** Where the image is salient, relative to its size: edges from 0 to 1. A box without area is a point. */
  readonly box: Box;
  /** Whether `box` is to be used; before the first localisation it is not. */
  readonly active: boolean;
  /** Boxes of objects, relative; used by the `boxes` sampler only, whatever `active` says. */
  readonly boxes?: readonly Box[];
}
