import type { RegionRecord } from '@ssl-scene/regions';
import { encodeSafetensors, parseSafetensors, type StoredTensor } from '@ssl-scene/safetensors';

/** What is known of each image, as the bytes of a safetensors file. */
export function encodeRegions({ boxes, heatMaps, heatMapSize, active, version }: RegionRecord): Uint8Array {
  const images = boxes.length / 4;
  const tensors: Record<string, StoredTensor> = {
    boxes: { dtype: 'F32', shape: [images, 4], data: boxes },
    active: { dtype: 'U8', shape: [], data: Uint8Array.of(active ? 1 : 0) },
    version: { dtype: 'I32', shape: [], data: Int32Array.of(version) },
  };
  if (heatMaps && heatMapSize) {
    tensors.heatMaps = { dtype: 'U8', shape: [images, heatMapSize.height, heatMapSize.width], data: heatMaps };
  }
  return encodeSafetensors(tensors);
}

/** What {@link encodeRegions} stored. */
export function decodeRegions(file: Uint8Array): RegionRecord {
  const reader = parseSafetensors(file);
  const maps = reader.tensors.has('heatMaps') ? reader.read('heatMaps') : undefined;
  return {
    boxes: reader.read('boxes').data as Float32Array,
    active: Number(reader.read('active').data[0]) === 1,
    version: Number(reader.read('version').data[0]),
    ...(maps && {
      heatMaps: maps.data as Uint8Array,
      heatMapSize: { height: maps.shape[1]!, width: maps.shape[2]! },
    }),
  };
}
