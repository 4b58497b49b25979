import { backboneVariables, type Framework } from '@ssl-scene/frameworks';
import type { Variables } from '@ssl-scene/nn';
import { type RegionRecord, RegionStore } from '@ssl-scene/regions';
import { encodeSafetensors, parseSafetensors, type StoredTensor } from '@ssl-scene/safetensors';
import { activationMap, type RefreshStatistics, RegionUpdate, refreshEpochs } from '@ssl-scene/saliency';
import { jit, type Tensor, tf } from '@ssl-scene/tensors';
import { type MapDatasetOptions, mapDataset } from './map-dataset.ts';
import type { ResolvedTrainerOptions } from './trainer-options.ts';

/** Keeps what is known of each image, for the croppers: ContrastiveCrop's schedule of localisation passes. */
export interface RegionRefresher {
  /** The memory that workers read. */
  readonly buffer: SharedArrayBuffer;
  /** Switches the boxes on or off for the epoch, counted from 0. */
  prepareEpoch(epoch: number): void;
  /** Whether a pass follows the epoch, counted from 0. */
  isDueAfter(epoch: number): boolean;
  /** Looks at all images with the network as it is, in evaluation mode. */
  refresh(variables: Variables, onProgress?: (done: number, images: number) => void): Promise<RefreshStatistics>;
  /** Everything that is known, as the bytes of a safetensors file. */
  save(): Uint8Array;
  /** Puts back what {@link save} gave. */
  restore(file: Uint8Array): void;
}

/** @param images number of images of the data set. */
export function createRegionRefresher(options: ResolvedTrainerOptions, images: number): RegionRefresher | undefined {
  const { regions, epochs, framework } = options;
  if (!regions) return undefined;
  const fifth = Math.max(1, Math.round(epochs / 5));
  const { warmup = fifth, interval = fifth } = regions;
  const { after, useBoxFrom } = refreshEpochs({ epochs, warmup, interval });
  const stage = regions.stage ?? framework.backbone.stages.at(-1)!;
  const heatMap = regions.heatMaps ? mapSize(framework, stage, regions.size) : undefined;
  const store = RegionStore.create({ images, ...(heatMap && { heatMap }) });
  return {
    buffer: store.buffer,
    prepareEpoch: (epoch) => store.setActive(epoch + 1 >= useBoxFrom),
    isDueAfter: (epoch) => after.includes(epoch + 1),
    refresh: (variables, onProgress) => refreshAll(options, store, stage, variables, onProgress),
    save: () => encodeRecord(store.toRecord()),
    restore: (file) => store.restore(decodeRecord(file)),
  };
}

async function refreshAll(
  { source, framework, regions, normalise, precision, workers }: ResolvedTrainerOptions,
  store: RegionStore,
  stage: string,
  variables: Variables,
  onProgress: ((done: number, images: number) => void) | undefined,
): Promise<RefreshStatistics> {
  const { size, threshold, reduce, edges, batchSize = 64 } = regions!;
  const { backbone } = framework;
  const state = backboneVariables(variables);
  let [height, width] = [0, 0];
  const maps = jit(
    (current: Variables, images: Tensor) => {
      const { taps } = backbone.features(current, images, { training: false, updates: {} }, [stage]);
      return { map: activationMap(taps[stage]!, reduce) };
    },
    { name: 'localisation', precision },
  );
  const update = new RegionUpdate({
    regions: store,
    inputHeight: size,
    inputWidth: size,
    ...(threshold !== undefined && { threshold }),
    ...(edges && { edges }),
    ...(store.heatMapSize && { heatMap: store.heatMapSize }),
  });
  const options: MapDatasetOptions = {
    source,
    size,
    batchSize,
    onBadImage: 'skip',
    onLeftOut: (images) => {
      for (const { index, message } of images) update.addBadImage(index, message);
    },
    ...(workers !== undefined && { workers }),
    ...(normalise && { normalise }),
    ...(onProgress && { onProgress }),
  };
  const localise = (images: Tensor): { map: Tensor } => {
    const found = maps(state, images);
    [height, width] = found.map.shape.slice(1) as [number, number];
    return found;
  };
  try {
    await mapDataset(options, localise, ({ indices, outputs }) => {
      indices.forEach((index, row) => {
        const map = outputs.map!.subarray(row * height * width, (row + 1) * height * width);
        update.add(index, map, height, width);
      });
    });
    store.completeRefresh();
    return update.finish();
  } finally {
    maps.dispose();
  }
}

/** Height and width of a stage's map of an image of this size. */
function mapSize(framework: Framework, stage: string, size: number): { height: number; width: number } {
  const [height, width] = tf.tidy(() => {
    const variables = backboneVariables(framework.initialise(0));
    const image = tf.zeros([1, size, size, 3]);
    const { taps } = framework.backbone.features(variables, image, { training: false, updates: {} }, [stage]);
    return taps[stage]!.shape.slice(1, 3) as unknown as tf.TensorContainer;
  }) as unknown as [number, number];
  return { height, width };
}

function encodeRecord({ boxes, heatMaps, heatMapSize, active, version }: RegionRecord): Uint8Array {
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

function decodeRecord(file: Uint8Array): RegionRecord {
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
