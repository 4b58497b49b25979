import type { Size } from '@ssl-scene/augmentations';
import { type CropRegion, cropNeeds, HeatMap } from '@ssl-scene/cropping';
import type { ImageDataset } from '@ssl-scene/datasets';
import { SceneError } from '@ssl-scene/errors';
import type { Box } from '@ssl-scene/geometry';
import { RegionStore } from '@ssl-scene/regions';
import type { RenderSettings } from './worker-message.ts';

const WHOLE: Box = { x0: 0, y0: 0, x1: 1, y1: 1 };

/** What croppers may know of an image: box and heat map in the shared store, read afresh every time, and its labelled boxes. */
export class ImageRegions {
  readonly #dataset: ImageDataset;
  readonly #store: RegionStore | undefined;
  readonly #needsBoxes: boolean;
  readonly #needsMaps: boolean;
  readonly #edges = new Map<number, Float64Array>();

  constructor({ regions, plan }: Pick<RenderSettings, 'regions' | 'plan'>, dataset: ImageDataset) {
    const needs = plan.views.map((view) => cropNeeds(view.crop));
    this.#dataset = dataset;
    this.#store = regions === undefined ? undefined : RegionStore.attach(regions);
    this.#needsBoxes = needs.some(({ boxes }) => boxes);
    this.#needsMaps = plan.scores !== undefined || needs.some(({ heatMap }) => heatMap);
    if (this.#store !== undefined && this.#store.images !== dataset.length) {
      throw regionsMismatch(this.#store.images, dataset);
    }
    if (this.#needsBoxes && dataset.boxes === undefined) throw boxesMissing(dataset);
    if (this.#needsMaps && this.#store?.heatMapSize === undefined) throw heatMapsMissing();
  }

  /** What is known of an image of this size; one object for all its views. */
  of(index: number, size: Size): CropRegion | undefined {
    const store = this.#store;
    if (store === undefined && !this.#needsBoxes) return undefined;
    const active = store?.active ?? false;
    return {
      box: store?.box(index) ?? WHOLE,
      active,
      ...(this.#needsBoxes && { boxes: this.#relativeBoxes(index, size) }),
      ...(this.#needsMaps && active && { heatMap: this.#heatMap(index) }),
    };
  }

  #heatMap(index: number): HeatMap {
    const { height, width } = this.#store!.heatMapSize!;
    return new HeatMap({ width, height, data: this.#store!.heatMap(index) });
  }

  /** Labelled boxes never change, and some data sets must work to find them, so that they are kept, four numbers a box. */
  #relativeBoxes(index: number, { width, height }: Size): Box[] {
    let edges = this.#edges.get(index);
    if (edges === undefined) {
      const boxes = this.#dataset.boxes!(index);
      edges = Float64Array.from(
        boxes.flatMap(({ x0, y0, x1, y1 }) => [x0 / width, y0 / height, x1 / width, y1 / height]),
      );
      this.#edges.set(index, edges);
    }
    const found: Box[] = [];
    for (let i = 0; i < edges.length; i += 4) {
      found.push({ x0: edges[i]!, y0: edges[i + 1]!, x1: edges[i + 2]!, y1: edges[i + 3]! });
    }
    return found;
  }
}

function regionsMismatch(images: number, dataset: ImageDataset): SceneError {
  return new SceneError({
    code: 'REGIONS_MISMATCH',
    expected: `a region of each of the ${dataset.length} images`,
    found: `${images} regions`,
    where: `the region store for "${dataset.name}"`,
    fix: 'Create the store with as many images as the data set has.',
  });
}

function boxesMissing(dataset: ImageDataset): SceneError {
  return new SceneError({
    code: 'BOXES_MISSING',
    expected: "a data set with labelled boxes for crops of kind 'boxes'",
    found: 'none',
    where: `data set "${dataset.name}"`,
    fix: "Use a data set with boxes, or another crop, for example 'random-resized'.",
  });
}

function heatMapsMissing(): SceneError {
  return new SceneError({
    code: 'HEAT_MAP_MISSING',
    expected: 'a region store with heat maps, because views crop by saliency or are scored by it',
    found: 'one without',
    where: 'createViewLoader, regions',
    fix: 'Create the region store with the option heatMap.',
  });
}
