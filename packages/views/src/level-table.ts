import { type ChannelValues, normalise } from '@ssl-scene/augmentations';
import type { Raster } from '@ssl-scene/geometry';

/**
 * The normalised value of every 8-bit level in every channel, made by `normalise` itself so that looking up equals it.
 * Entry `level * 3 + channel`.
 */
export function levelTable(mean: ChannelValues, std: ChannelValues): Float32Array {
  const levels = Uint8Array.from({ length: 256 * 3 }, (_, entry) => Math.floor(entry / 3));
  return normalise({ width: 256, height: 1, data: levels }, mean, std);
}

/** Writes a raster's values, looked up, to `out` from `start` on. */
export function writeNormalised(raster: Raster, table: Float32Array, out: Float32Array, start: number): void {
  const { data } = raster;
  for (let i = 0; i < data.length; i += 3) {
    out[start + i] = table[data[i]! * 3]!;
    out[start + i + 1] = table[data[i + 1]! * 3 + 1]!;
    out[start + i + 2] = table[data[i + 2]! * 3 + 2]!;
  }
}
