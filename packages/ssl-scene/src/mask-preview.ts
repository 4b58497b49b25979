import { openDataset } from '@ssl-scene/datasets';
import type { Raster } from '@ssl-scene/geometry';
import type { Variables } from '@ssl-scene/nn';
import { RegionStore } from '@ssl-scene/regions';
import { type MaskedSample, type MaskingOptions, type SampledArray, sampleMasks } from '@ssl-scene/training';
import type { Config } from './config/config.ts';
import type { RunData } from './data.ts';
import type { ImageHeatMap } from './heat-maps.ts';
import { shownMasks } from './masking.ts';
import { makeFramework, makeViewPlan } from './recipe.ts';

/** A view as a picture, and which of its patches are salient. */
export interface ViewPicture {
  readonly name: string;
  readonly picture: Raster;
  /** Row by row, 1 for salient patches of a grid; absent where masks do not look at the view's saliency. */
  readonly salient?: { readonly side: number; readonly data: Float32Array };
}

/** A masked view as a picture. */
export interface MaskedPicture {
  /** For example `blur, negative`. */
  readonly caption: string;
  readonly picture: Raster;
  /** Share of its values that were replaced. */
  readonly hidden: number;
}

/** The masks that one epoch draws for one image. */
export interface MaskPreview {
  readonly epoch: number;
  readonly views: readonly ViewPicture[];
  readonly masked: readonly MaskedPicture[];
}

/** Epochs whose masks are shown. */
const DRAWS = 2;

/** What the configuration's masks make of some images, and what they would with the other strategies; by image. */
export async function previewMasks(
  config: Config,
  variables: Variables,
  { train }: RunData,
  maps: readonly ImageHeatMap[],
): Promise<Map<number, MaskPreview[]>> {
  const masks = shownMasks(config);
  const regions = await storeOf(maps, train);
  const found = new Map<number, MaskPreview[]>(maps.map(({ index }) => [index, []]));
  for (let epoch = 0; epoch < DRAWS; epoch++) {
    const samples = await sampleMasks({
      source: train,
      plan: makeViewPlan(config),
      seed: config.training.seed,
      epoch,
      indices: maps.map(({ index }) => index),
      framework: makeFramework(config),
      variables,
      masks,
      regions: regions.buffer,
      normalise: config.normalise,
    });
    for (const sample of samples) found.get(sample.index)!.push(previewOf(sample, epoch, masks, config));
  }
  return found;
}

/** The heat maps and boxes of the images, as a run would keep them. */
async function storeOf(maps: readonly ImageHeatMap[], train: RunData['train']): Promise<RegionStore> {
  const dataset = await openDataset(train);
  const { height, width } = maps[0]!.kept;
  const store = RegionStore.create({ images: dataset.length, heatMap: { height, width } });
  dataset.close?.();
  for (const { index, kept, found } of maps) {
    store.setBox(index, found.box);
    store.setHeatMap(index, kept.data);
  }
  store.setActive(true);
  return store;
}

function previewOf(
  { views, masked }: MaskedSample,
  epoch: number,
  masks: Readonly<Record<string, MaskingOptions>>,
  config: Config,
): MaskPreview {
  const salient = Object.assign({}, ...Object.values(masked).map((sample) => sample.salient)) as Record<
    string,
    SampledArray
  >;
  return {
    epoch,
    views: ['a', 'b'].map((name) => ({
      name,
      picture: pictureOf(views[name]!, config, false),
      ...(salient[name] && { salient: salient[name] }),
    })),
    masked: Object.keys(masks).flatMap((name) => {
      const { views: seen, hidden, filter } = masked[name]!;
      return Object.entries(hidden).map(([view, share]) => ({
        caption: `${name}, ${view}`,
        picture: pictureOf(seen[view]!, config, filter !== undefined),
        hidden: share,
      }));
    }),
  };
}

const GREY = 0.5;
/** Filtered views are pale. */
const CONTRAST = 2;

/** Normalised values as a picture. Filtered ones lie around 0, which is shown as grey, with twice their contrast. */
function pictureOf({ side, data }: SampledArray, { normalise }: Config, isFiltered: boolean): Raster {
  const { mean, std } = normalise;
  const levels = Uint8Array.from(data, (value, place) => {
    const channel = place % 3;
    const difference = value * std[channel]!;
    const level = isFiltered ? GREY + CONTRAST * difference : mean[channel]! + difference;
    return Math.min(Math.max(Math.round(255 * level), 0), 255);
  });
  return { width: side, height: side, data: levels };
}
