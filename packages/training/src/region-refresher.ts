import { normalise as normalisePixels, resize } from '@ssl-scene/augmentations';
import { openDataset } from '@ssl-scene/datasets';
import { backboneVariables, type Framework } from '@ssl-scene/frameworks';
import type { Variables } from '@ssl-scene/nn';
import { type RegionRecord, RegionStore } from '@ssl-scene/regions';
import { encodeSafetensors, parseSafetensors, type StoredTensor } from '@ssl-scene/safetensors';
import { type RefreshStatistics, refreshEpochs, refreshRegions } from '@ssl-scene/saliency';
import { jit, type Tensor, tf } from '@ssl-scene/tensors';
import { IMAGENET_NORMALISATION, type ResolvedTrainerOptions } from './trainer-options.ts';

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
  { source, framework, regions, normalise = IMAGENET_NORMALISATION, precision }: ResolvedTrainerOptions,
  store: RegionStore,
  stage: string,
  variables: Variables,
  onProgress: ((done: number, images: number) => void) | undefined,
): Promise<RefreshStatistics> {
  const { size, threshold, reduce, edges, batchSize } = regions!;
  const { backbone } = framework;
  const state = backboneVariables(variables);
  const features = jit(
    (current: Variables, images: Tensor) =>
      backbone.features(current, images, { training: false, updates: {} }, [stage]).taps[stage]!,
    { name: 'localisation', precision },
  );
  const dataset = await openDataset(source);
  try {
    const statistics = await refreshRegions({
      images: store.images,
      inputHeight: size,
      inputWidth: size,
      async read(index, pixels) {
        const raster = await dataset.pixels(index);
        const fitted = raster.width === size && raster.height === size ? raster : resize(raster, size, size);
        normalisePixels(fitted, normalise.mean, normalise.std, pixels);
      },
      features: (images) => features(state, images),
      regions: store,
      onBadImage: 'skip',
      ...(threshold !== undefined && { threshold }),
      ...(reduce && { reduce }),
      ...(edges && { edges }),
      ...(batchSize !== undefined && { batchSize }),
      ...(store.heatMapSize && { heatMap: store.heatMapSize }),
      ...(onProgress && { onProgress }),
    });
    store.completeRefresh();
    return statistics;
  } finally {
    dataset.close?.();
    features.dispose();
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
