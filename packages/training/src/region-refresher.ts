import { availableParallelism } from 'node:os';
import { cropNeeds } from '@ssl-scene/cropping';
import type { Variables } from '@ssl-scene/nn';
import { RegionStore } from '@ssl-scene/regions';
import { type GuidedBy, type RefreshStatistics, RegionUpdate } from '@ssl-scene/saliency';
import { keptMapSize, regionHeatMaps } from './region-maps.ts';
import { decodeRegions, encodeRegions } from './region-record-file.ts';
import { regionSchedule } from './region-schedule.ts';
import type { ResolvedTrainerOptions } from './trainer-options.ts';
import { type VisitImagesOptions, visitImages } from './visit-images.ts';

/** Hears how many images a refresh has looked at. */
export type RefreshProgress = (done: number, images: number) => void;

/** Keeps what is known of each image, for the croppers: passes over all images when they are due. */
export interface RegionRefresher {
  /** The memory that workers read. */
  readonly buffer: SharedArrayBuffer;
  /** Whether a pass must come before the first step: maps that need no network, which have not been computed yet. */
  isDueAtStart(): boolean;
  /** Switches the boxes on or off for the epoch, counted from 0. */
  prepareEpoch(epoch: number): void;
  /** Whether a pass follows the epoch, counted from 0. */
  isDueAfter(epoch: number): boolean;
  /** Looks at all images; with the network as it is, in evaluation mode, where the maps are a network's. */
  refresh(variables: Variables, onProgress?: RefreshProgress): Promise<RefreshStatistics>;
  /** Everything that is known, as the bytes of a safetensors file. */
  save(): Uint8Array;
  /** Puts back what {@link save} gave. */
  restore(file: Uint8Array): void;
}

/** @param images number of images of the data set. */
export function createRegionRefresher(options: ResolvedTrainerOptions, images: number): RegionRefresher | undefined {
  const { regions, epochs, framework } = options;
  if (!regions) return undefined;
  const { atStart, after, useFrom } = regionSchedule(regions, epochs);
  const heatMap = keptMapSize(regions, framework);
  const store = RegionStore.create({ images, ...(heatMap && { heatMap }) });
  return {
    buffer: store.buffer,
    isDueAtStart: () => atStart && store.version === 0,
    prepareEpoch: (epoch) => store.setActive(epoch >= useFrom),
    isDueAfter: (epoch) => after.includes(epoch),
    refresh: (variables, onProgress) => refreshAll(options, store, variables, onProgress),
    save: () => encodeRegions(store.toRecord()),
    restore: (file) => store.restore(decodeRegions(file)),
  };
}

async function refreshAll(
  options: ResolvedTrainerOptions,
  store: RegionStore,
  variables: Variables,
  onProgress: RefreshProgress | undefined,
): Promise<RefreshStatistics> {
  const regions = options.regions!;
  const { size, threshold, edges, component } = regions;
  const provider = regionHeatMaps(regions, variables, { ...options, threads: mapThreads(options) });
  const update = new RegionUpdate({
    regions: store,
    inputHeight: size,
    inputWidth: size,
    ...(threshold !== undefined && { threshold }),
    ...(edges && { edges }),
    ...(component && { component }),
    ...(store.heatMapSize && { heatMap: store.heatMapSize }),
    guidedBy: guidedBy(options),
  });
  try {
    await visitImages(passOptions(options, update, onProgress), async ({ indices, rows, pixels }) => {
      const { values, height, width } = await provider.maps({ images: rows, height: size, width: size, pixels });
      indices.forEach((index, row) => {
        update.add(index, values.subarray(row * height * width, (row + 1) * height * width), height, width);
      });
    });
  } finally {
    provider.dispose();
  }
  store.completeRefresh();
  return update.finish();
}

/** Nothing else computes meanwhile, so that maps which need no network may have all cores. */
function mapThreads({ workers }: ResolvedTrainerOptions): number {
  const cores = availableParallelism();
  return workers === 0 || cores === 1 ? 0 : cores;
}

/** What a run's crops, weights and masks look at. */
function guidedBy({ plan, weighting, masking }: ResolvedTrainerOptions): GuidedBy {
  const needs = plan.views.map(({ crop }) => cropNeeds(crop));
  const isPlugIn = plan.views.some(({ crop }) => crop.kind === 'module');
  const isMasked = masking?.saliency?.kind === 'heat-maps';
  return {
    boxes: isPlugIn || needs.some(({ region, heatMap }) => region && !heatMap),
    heatMaps: weighting !== undefined || isMasked || needs.some(({ heatMap }) => heatMap),
  };
}

function passOptions(
  { source, regions, normalise, workers, loading }: ResolvedTrainerOptions,
  update: RegionUpdate,
  onProgress: RefreshProgress | undefined,
): VisitImagesOptions {
  const { size, batchSize = 64 } = regions!;
  return {
    source,
    size,
    batchSize,
    onBadImage: 'skip',
    onLeftOut: (images) => {
      for (const { index, message } of images) update.addBadImage(index, message);
    },
    ...(workers !== undefined && { workers }),
    ...(normalise && { normalise }),
    ...(loading && { loading }),
    ...(onProgress && { onProgress }),
  };
}
