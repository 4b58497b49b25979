import type { DatasetSource, PackedRule, PluginSource } from '@ssl-scene/datasets';
import type { ResizedOptions } from './resized-dataset.ts';

const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
const MODULE = new URL(`./resized-dataset.${extension}`, import.meta.url).href;

/** Options of `resizedSource`. */
export interface ResizedSourceOptions {
  /** Images whose shorter side is longer are resized so that it has this many pixels; smaller ones stay as they are. */
  readonly shortSide: number;
  /** Default: `bilinear`. */
  readonly filter?: PackedRule['filter'];
  /** As in `createViewLoader`, which cannot decode for a data set that resizes. Default: none. */
  readonly nativeLibrary?: string;
}

/**
 * A data set with its images, boxes and masks brought to size whenever they are read: bit for bit what a packed file of the
 * same `shortSide` and `filter` holds, for those who have no room for one.
 */
export function resizedSource(of: DatasetSource, options: ResizedSourceOptions): PluginSource {
  const { shortSide, filter = 'bilinear', nativeLibrary } = options;
  const opened: ResizedOptions = {
    of,
    rule: { shortSide, filter },
    ...(nativeLibrary !== undefined && { nativeLibrary }),
  };
  return { kind: 'plugin', module: MODULE, options: opened };
}
