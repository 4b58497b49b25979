import type { Raster } from '@ssl-scene/geometry';
import { scaledToOne, unlikeBorders } from './backgroundness.ts';
import { barrierDistance } from './barrier-distance.ts';
import { labPlanes } from './lab.ts';
import { smoothByReconstruction } from './morphology.ts';
import type { NetworkFreeMap } from './network-free-map.ts';
import { reduced } from './reduced.ts';

export interface MinimumBarrierOptions {
  /** Longer side that larger images are reduced to, in pixels. Default: 200. */
  readonly longestSide?: number;
  /** Whether colours unlike those of the borders add to the distance ("MB+" of the paper). Default: true. */
  readonly borderColours?: boolean;
  /**
   * Whether places near the middle count more, as photographers put their subject there: right for pictures of one
   * object, wrong for scenes with many. Default: false.
   */
  readonly centrePrior?: boolean;
  /** Whether spots and holes are levelled out that are small against what is salient. Default: true. */
  readonly smooth?: boolean;
}

/** Smoothing window of a map that is salient everywhere, as a share of the image's longer side. */
const WINDOW = 1 / 15;
/** Steepness of the curve that pulls values towards 0 and 1. */
const CONTRAST = 10;

/**
 * Minimum barrier saliency (Zhang et al., "Minimum Barrier Salient Object Detection at 80 FPS", ICCV 2015): a pixel is salient
 * where every path to the image's border crosses a step in colour, summed over the channels of CIELAB, and where its
 * colour is unlike those of the borders; the map is smoothed and its contrast raised. Fills whole objects. The steps are
 * the paper's, without its centre prior by default; window sizes and other constants are ours.
 *
 * @returns values from 0 to 1 in the size of the reduced image; all 0 for an image of one colour
 */
export function minimumBarrierSaliency(image: Raster, options: MinimumBarrierOptions = {}): NetworkFreeMap {
  const { longestSide = 200, borderColours = true, centrePrior = false, smooth = true } = options;
  const { width, height, data } = reduced(image, longestSide);
  const lab = labPlanes(data);
  const distances = lab.map((plane) => barrierDistance(plane, width, height));
  let saliency = scaledToOne(
    distances[0]!.map((value, pixel) => value + distances[1]![pixel]! + distances[2]![pixel]!),
  );
  if (borderColours) {
    const colours = unlikeBorders(lab, width, height);
    saliency = scaledToOne(saliency.map((value, pixel) => value + colours[pixel]!));
  }
  if (smooth) saliency = scaledToOne(smoothed(saliency, width, height));
  if (centrePrior) saliency = scaledToOne(saliency.map((value, pixel) => value * nearness(pixel, width, height)));
  const isFlat = saliency.every((value) => value === 0);
  return { width, height, data: isFlat ? saliency : saliency.map(contrasted) };
}

/** The window's side grows with the root of the mean saliency, hence with the size of what is salient. */
function smoothed(saliency: Float64Array, width: number, height: number): Float64Array {
  const mean = saliency.reduce((sum, value) => sum + value, 0) / saliency.length;
  const side = WINDOW * Math.max(width, height) * Math.sqrt(mean);
  return smoothByReconstruction(saliency, width, height, Math.round(side / 2));
}

/** 1 in the middle, 0 in the corners. */
function nearness(pixel: number, width: number, height: number): number {
  const x = (pixel % width) + 0.5 - width / 2;
  const y = Math.floor(pixel / width) + 0.5 - height / 2;
  return 1 - Math.hypot(x, y) / Math.hypot(width / 2, height / 2);
}

function contrasted(value: number): number {
  return 1 / (1 + Math.exp(-CONTRAST * (value - 0.5)));
}
