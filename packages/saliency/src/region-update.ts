import { SceneError } from '@ssl-scene/errors';
import { boxFromHeatMap, type HeatMapBoxOptions } from './box-from-heat-map.ts';
import type { MapValues } from './heat-map.ts';
import { heatMapBytes } from './heat-map-bytes.ts';
import { type GuidedBy, type RefreshStatistics, RefreshTally } from './refresh-statistics.ts';
import type { RegionSink } from './region-sink.ts';

export interface RegionUpdateOptions extends HeatMapBoxOptions {
  readonly regions: RegionSink;
  /** Also store a heat map of this size for each image. Default: boxes only. */
  readonly heatMap?: { readonly height: number; readonly width: number };
  /** What looks at the regions, so that warnings are about that. Default: boxes, and heat maps where they are stored. */
  readonly guidedBy?: GuidedBy;
}

/**
 * One refresh of the regions of a data set, fed image by image in any order: for callers that run the network over their
 * data themselves, at whatever speed they can. `refreshRegions` does both.
 */
export class RegionUpdate {
  readonly #options: RegionUpdateOptions;
  readonly #tally = new RefreshTally();

  /** @throws REFRESH_OPTION where `heatMap` is given and the store has no room for maps */
  constructor(options: RegionUpdateOptions) {
    if (options.heatMap && !options.regions.setHeatMap) {
      throw new SceneError({
        code: 'REFRESH_OPTION',
        expected: 'a store with setHeatMap, since heatMap is given',
        found: 'one without',
        where: 'region update, option regions',
        fix: 'Create the store with heat maps, or leave heatMap out.',
      });
    }
    this.#options = options;
  }

  /** Finds and stores the box of an image, and its heat map where asked. `map` has height × width values, row by row. */
  add(index: number, map: MapValues, height: number, width: number): void {
    const { regions, heatMap } = this.#options;
    const found = boxFromHeatMap(map, height, width, this.#options);
    const lastBox = regions.box?.(index);
    regions.setBox(index, found.box);
    if (heatMap === undefined) {
      this.#tally.add(found, lastBox);
      return;
    }
    const lastMap = regions.heatMap?.(index);
    const bytes = heatMapBytes(map, [height, width], [heatMap.height, heatMap.width]);
    regions.setHeatMap!(index, bytes);
    this.#tally.add(found, lastBox, { map: bytes, width: heatMap.width, height: heatMap.height, last: lastMap });
  }

  /** Counts an image that could not be read; it keeps its box. */
  addBadImage(index: number, message: string): void {
    this.#tally.addBadImage(index, message);
  }

  /** What was found. */
  finish(): RefreshStatistics {
    const { threshold = 0.1, heatMap, guidedBy = { boxes: true, heatMaps: heatMap !== undefined } } = this.#options;
    return this.#tally.finish(threshold, guidedBy);
  }
}
