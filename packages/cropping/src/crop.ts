/**
 * The part of an image that becomes a view, in whole pixels. It lies inside the image, except with `legacyClamp` of the
 * contrastive sampler, whose crops may stick out and are black there.
 */
export interface Crop {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}
