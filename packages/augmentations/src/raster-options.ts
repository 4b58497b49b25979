import type { Raster } from '@ssl-scene/geometry';
import type { Workspace } from './workspace.ts';

/** What every operation on rasters accepts. */
export interface RasterOptions {
  /** The raster that receives the result; where sizes agree it may be the input itself. Default: a new one. */
  readonly out?: Raster;
  /** Scratch memory kept between calls. Default: fresh memory for this call. */
  readonly workspace?: Workspace;
}
