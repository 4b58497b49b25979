import type { Raster } from '@ssl-scene/geometry';
import type { RandomStream } from '@ssl-scene/random';
import type { Augmentation } from './augmentation.ts';
import { applyOperations, type Operation } from './operation.ts';
import { Pipeline } from './pipeline.ts';
import type { RasterOptions } from './raster-options.ts';

/**
 * Changes an image at random as the pipeline says. The result is a pure function of the image, the pipeline and the stream.
 *
 * @param pipeline a list of augmentations, or a `Pipeline` made of one (which saves checking it again for every image)
 * @param options `out` may be the input, which is then changed in place
 * @throws BAD_RASTER, UNKNOWN_KIND, UNKNOWN_OPTION, MISSING_OPTION, BAD_VALUE
 */
export function augment(
  raster: Raster,
  pipeline: Pipeline | readonly Augmentation[],
  random: RandomStream,
  options: RasterOptions = {},
): Raster {
  return applyOperations(raster, drawOperations(pipeline, random), options);
}

/**
 * Draws what `augment` would do, without doing it: for reports, for carrying boxes along with flips, for other executors.
 *
 * @throws UNKNOWN_KIND, UNKNOWN_OPTION, MISSING_OPTION, BAD_VALUE
 */
export function drawOperations(pipeline: Pipeline | readonly Augmentation[], random: RandomStream): Operation[] {
  return (pipeline instanceof Pipeline ? pipeline : new Pipeline(pipeline)).draw(random);
}
