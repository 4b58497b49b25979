import { SceneError } from '@ssl-scene/errors';
import { type Box, connectedComponents } from '@ssl-scene/geometry';
import { type ActivationOptions, activePixels } from './active-pixels.ts';
import { relativeBox } from './box-from-heat-map.ts';
import type { MapValues } from './heat-map.ts';

export interface HeatMapBoxesOptions extends ActivationOptions {
  /** Number of boxes at most. Default: 8. */
  readonly most?: number;
  /** Parts of fewer pixels than this share of the image are left out. Default: 0.005. */
  readonly leastArea?: number;
}

/** A part of a heat map. */
export interface SalientBox {
  /** The smallest box around it, in shares of the image. */
  readonly box: Box;
  /** Share of the image's pixels that belong to the part. */
  readonly area: number;
  /** Mean of the normalised map over them, from 0 to 1. */
  readonly saliency: number;
}

/** What {@link boxesFromHeatMap} found. */
export interface HeatMapBoxes {
  /** The more salient in sum first; none where the map is constant or nothing is above the threshold. */
  readonly boxes: readonly SalientBox[];
  /** The map had no shape (constant, or not finite). */
  readonly constant: boolean;
  /** Share of the pixels that are active. */
  readonly activeArea: number;
}

/**
 * A box for each part of a heat map that hangs together (by edges or corners) above the threshold, for images of several
 * objects.
 *
 * @param map height × width values, row by row.
 */
export function boxesFromHeatMap(
  map: MapValues,
  height: number,
  width: number,
  options: HeatMapBoxesOptions,
): HeatMapBoxes {
  const { edges, most = 8, leastArea = 0.005 } = options;
  checkLimits(most, leastArea);
  const { constant, pixels, mask, activeArea } = activePixels(map, height, width, options);
  const { count, labels, sizes, boxes } = connectedComponents(mask);
  const sums = new Float64Array(count);
  for (let pixel = 0; pixel < labels.length; pixel++) {
    if (labels[pixel] !== 0) sums[labels[pixel]! - 1]! += pixels[pixel]!;
  }
  const parts = Array.from({ length: count }, (_, part) => part)
    .filter((part) => sizes[part]! / labels.length >= leastArea)
    .sort((a, b) => sums[b]! - sums[a]!)
    .slice(0, most);
  return {
    boxes: parts.map((part) => {
      const [x0, y0, x1, y1] = boxes.subarray(4 * part, 4 * part + 4) as unknown as [number, number, number, number];
      return {
        box: relativeBox({ x0, y0, x1, y1 }, mask, edges),
        area: sizes[part]! / labels.length,
        saliency: sums[part]! / sizes[part]!,
      };
    }),
    constant,
    activeArea,
  };
}

function checkLimits(most: number, leastArea: number): void {
  if (Number.isInteger(most) && most >= 1 && leastArea >= 0 && leastArea <= 1) return;
  throw new SceneError({
    code: 'HEAT_MAP_OPTION',
    expected: 'most: a whole number of at least 1; leastArea: a share from 0 to 1',
    found: `most ${most}, leastArea ${leastArea}`,
    where: 'boxesFromHeatMap',
    fix: 'Correct the option.',
  });
}
