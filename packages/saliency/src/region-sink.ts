import type { Box } from '@ssl-scene/geometry';

/** Where boxes and heat maps go; `RegionStore` of `@ssl-scene/regions` is one. */
export interface RegionSink {
  setBox(index: number, box: Box): void;
  /** The box before the refresh, for the statistics. */
  box?(index: number): Box;
  /** Values from 0 to 255, row by row. */
  setHeatMap?(index: number, map: Uint8Array): void;
  /** The map before the refresh, for the statistics; all one value where there was none. */
  heatMap?(index: number): Uint8Array;
}
