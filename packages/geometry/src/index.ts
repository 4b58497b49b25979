export type { Box } from './box.ts';
export type { Raster } from './raster.ts';
