import { augment, cropAndResize } from '@ssl-scene/augmentations';
import { type Crop, type CropRegion, createCropSampler, HeatMap } from '@ssl-scene/cropping';
import { type ImageDataset, openDataset } from '@ssl-scene/datasets';
import type { Box, Raster } from '@ssl-scene/geometry';
import type { Variables } from '@ssl-scene/nn';
import { randomStream } from '@ssl-scene/random';
import type { HeatMap as MapPicture } from '@ssl-scene/report';
import type { ViewSpec } from '@ssl-scene/views';
import type { Config } from './config/config.ts';
import type { RunData } from './data.ts';
import { type ImageHeatMap, imageHeatMaps } from './heat-maps.ts';
import { type MaskPreview, previewMasks } from './mask-preview.ts';
import { type PairPreview, previewPairs } from './pair-preview.ts';
import { makeViewPlan } from './recipe.ts';

/** One image as the views of a configuration would see it. */
export interface ImagePreview {
  readonly index: number;
  readonly id: string;
  readonly raster: Raster;
  readonly heatMap: MapPicture;
  /** Found on the heat map, relative to the image. */
  readonly box: Box;
  /** Whether the map is constant, so that the box is the whole image for want of a better one. */
  readonly constant: boolean;
  /** Labelled boxes in pixels, where the data set has any. */
  readonly objects: readonly Box[];
  /** Sampled crops of the first view, in pixels. */
  readonly crops: readonly Crop[];
  /** Where the centres of many crops fall: counts on a grid over the image. */
  readonly centres: MapPicture;
  /** Each view of the plan, a few times over, as the network gets it but for the normalisation. */
  readonly views: readonly { readonly name: string; readonly pictures: readonly Raster[] }[];
  /** Where pairs of salient views fall; empty where the configuration has none. */
  readonly pairs: readonly PairPreview[];
  /** Masks of some epochs; empty where the configuration masks nothing. */
  readonly masks: readonly MaskPreview[];
}

const CROPS = 16;
const CENTRE_DRAWS = 1000;
const CENTRE_GRID = 24;
const VIEW_DRAWS = 6;

/**
 * Heat maps of a network, and the crops and views that a configuration draws with them; nothing is trained.
 *
 * @param indices of images of `data.train`
 */
export async function previewImages(
  config: Config,
  variables: Variables,
  data: RunData,
  indices: readonly number[],
): Promise<ImagePreview[]> {
  const dataset = await openDataset(data.train);
  const maps = await imageHeatMaps(config, variables, data.train, indices);
  const masks = config.masking ? await previewMasks(config, variables, data, maps) : new Map<number, MaskPreview[]>();
  const previews = await Promise.all(
    maps.map(async (map) => ({ ...(await previewOf(config, dataset, map)), masks: masks.get(map.index) ?? [] })),
  );
  dataset.close?.();
  return previews;
}

async function previewOf(
  config: Config,
  dataset: ImageDataset,
  map: ImageHeatMap,
): Promise<Omit<ImagePreview, 'masks'>> {
  const { index, found } = map;
  const raster = await dataset.pixels(index);
  const objects = dataset.boxes?.(index) ?? [];
  const heatMap = { width: map.width, height: map.height, data: map.map };
  const region: CropRegion = {
    box: found.box,
    active: true,
    boxes: objects.map((box) => relative(box, raster)),
    heatMap: new HeatMap(map.kept),
  };
  const { views } = makeViewPlan(config);
  const drawn = { raster, region, index, seed: config.training.seed };
  return {
    index,
    id: dataset.id(index),
    raster,
    heatMap,
    box: found.box,
    constant: found.constant,
    objects,
    crops: Array.from({ length: CROPS }, (_, draw) => drawCrop(views[0]!, drawn, draw)),
    centres: centreDensity(views[0]!, drawn),
    pairs: previewPairs(config, raster, region, (view, epoch) => drawCrop(view, drawn, epoch)),
    views: views.map((view) => ({
      name: view.name,
      pictures: Array.from({ length: VIEW_DRAWS }, (_, draw) => drawView(view, drawn, draw)),
    })),
  };
}

interface Drawn {
  readonly raster: Raster;
  readonly region: CropRegion;
  readonly index: number;
  readonly seed: number;
}

/** A draw stands for an epoch, so that crops and views are those of training. */
function drawCrop({ name, crop }: ViewSpec, { raster, region, index, seed }: Drawn, draw: number): Crop {
  const random = randomStream(seed, 'view', draw, index, name);
  return createCropSampler(crop)(raster.width, raster.height, region, random, {
    shared: randomStream(seed, 'shared-crop', draw, index),
  });
}

function drawView(view: ViewSpec, drawn: Drawn, draw: number): Raster {
  const crop = drawCrop(view, drawn, draw);
  const resized = cropAndResize(drawn.raster, crop, view.size, view.size);
  return augment(resized, view.augmentations, randomStream(drawn.seed, 'augment', draw, drawn.index, view.name));
}

function centreDensity(view: ViewSpec, drawn: Drawn): MapPicture {
  const data = new Float32Array(CENTRE_GRID * CENTRE_GRID);
  const cell = (centre: number, side: number): number =>
    Math.min(Math.floor((centre / side) * CENTRE_GRID), CENTRE_GRID - 1);
  for (let draw = 0; draw < CENTRE_DRAWS; draw++) {
    const { x, y, width, height } = drawCrop(view, drawn, draw);
    const row = cell(y + height / 2, drawn.raster.height);
    const column = cell(x + width / 2, drawn.raster.width);
    data[row * CENTRE_GRID + column]! += 1;
  }
  return { width: CENTRE_GRID, height: CENTRE_GRID, data };
}

function relative({ x0, y0, x1, y1 }: Box, { width, height }: Raster): Box {
  return { x0: x0 / width, y0: y0 / height, x1: x1 / width, y1: y1 / height };
}
