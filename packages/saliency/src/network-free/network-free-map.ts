import type { ScalarMap } from '@ssl-scene/geometry';

/** Saliency of an image by its colours alone, row by row; the map may be smaller than the image. */
export interface NetworkFreeMap extends ScalarMap {
  /** From 0 to 1. */
  readonly data: Float64Array;
}
