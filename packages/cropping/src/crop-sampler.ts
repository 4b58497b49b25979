import type { RandomStream } from '@ssl-scene/random';
import type { Crop } from './crop.ts';
import type { CropRegion } from './crop-region.ts';

/** How often samplers had to do something else than what they are for; they add to it. */
export interface CropTally {
  /** No size fitted within the allowed tries, and the centred crop was taken. */
  fallbacks: number;
  /** Boxes without area, inverted or outside the image, which were left out. */
  droppedBoxes: number;
  /** Crops of images without any usable box or with a uniform heat map, made as if nothing were known of them. */
  imagesWithoutBox: number;
}

/** Options of one draw. */
export interface CropOptions {
  /** Counters to add to. Default: nothing is counted. */
  readonly tally?: CropTally;
  /**
   * A stream that all views of the image start alike, for choices that they must share (which object to look at). Default:
   * the view's own stream.
   */
  readonly shared?: RandomStream;
}

/** Draws one crop of an image of `width` x `height` pixels: a pure function of its arguments and the state of `random`. */
export type CropSampler = (
  width: number,
  height: number,
  region: CropRegion | undefined,
  random: RandomStream,
  options?: CropOptions,
) => Crop;
