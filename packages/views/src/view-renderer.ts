import { Pipeline, type PixelWindow, type Size } from '@ssl-scene/augmentations';
import {
  boxWindow,
  type Crop,
  type CropRegion,
  type CropSampler,
  type CropTally,
  cropScore,
  loadCropSampler,
} from '@ssl-scene/cropping';
import type { Box } from '@ssl-scene/geometry';
import { randomStream } from '@ssl-scene/random';
import type { Pixels } from './batch.ts';
import type { LoadedImage } from './image-reader.ts';
import type { SlotView } from './ring-memory.ts';
import type { ViewEngine } from './view-engine.ts';
import { flipsOf } from './view-flips.ts';
import type { ViewSpec } from './view-plan.ts';
import type { RenderSettings } from './worker-message.ts';

/** Names the random draws of a view together with the seed and the view's name. */
export interface DrawKey {
  readonly epoch: number;
  /** Of the sample, also for views of its partner. */
  readonly index: number;
}

/** What a crop is drawn in. */
export interface CropScene {
  /** The size of the image that is cut. */
  readonly size: Size;
  readonly region: CropRegion | undefined;
  /** The part of the image that a view with area `pair` takes for the whole; relative. */
  readonly pairBox: Box | undefined;
}

/** Makes one view of images and writes it to rows of the ring. */
export class ViewRenderer {
  readonly spec: ViewSpec;
  readonly #seed: number;
  readonly #sampler: CropSampler;
  readonly #pipeline: Pipeline;
  readonly #greyLevels: readonly number[];
  readonly #scoreGrid: number | undefined;
  readonly #engine: ViewEngine;

  private constructor(spec: ViewSpec, settings: RenderSettings, engine: ViewEngine, sampler: CropSampler) {
    this.spec = spec;
    this.#seed = settings.seed;
    this.#sampler = sampler;
    this.#pipeline = new Pipeline(spec.augmentations);
    this.#greyLevels = settings.mean.map((value) => Math.round(255 * value));
    this.#scoreGrid = settings.plan.scores?.grid;
    this.#engine = engine;
  }

  /** Gets ready; loads the cropper's module where it has one. */
  static async load(spec: ViewSpec, settings: RenderSettings, engine: ViewEngine): Promise<ViewRenderer> {
    return new ViewRenderer(spec, settings, engine, await loadCropSampler(spec.crop));
  }

  /** Draws where the view is cut out: in pixels of the image. */
  drawCrop({ size, region, pairBox }: CropScene, { epoch, index }: DrawKey, tally: CropTally): Crop {
    const random = randomStream(this.#seed, 'view', epoch, index, this.spec.name);
    // All views of an image start this stream alike, for choices that they must share.
    const options = { tally, shared: randomStream(this.#seed, 'shared-crop', epoch, index) };
    if (this.spec.area !== 'pair') return this.#sampler(size.width, size.height, region, random, options);
    const window = boxWindow(pairBox!, size.width, size.height, 0);
    const inside = this.#sampler(window.width, window.height, undefined, random, options);
    return { ...inside, x: window.x + inside.x, y: window.y + inside.y };
  }

  /** Makes the view of the image, or window of it, that the engine has. */
  render(
    crop: Crop,
    { width, height, window }: LoadedImage,
    { epoch, index }: DrawKey,
    view: SlotView,
    row: number,
  ): void {
    const operations = this.#pipeline.draw(randomStream(this.#seed, 'augment', epoch, index, this.spec.name));
    this.#engine.render(movedInto(window, crop), operations, this.spec.size, rowOf(view, row));
    view.crops[row * 4] = crop.x;
    view.crops[row * 4 + 1] = crop.y;
    view.crops[row * 4 + 2] = crop.width;
    view.crops[row * 4 + 3] = crop.height;
    view.imageSizes[row * 2] = width;
    view.imageSizes[row * 2 + 1] = height;
    view.flips[row] = flipsOf(operations);
  }

  /** Writes how salient a crop is, where the plan asks for it. */
  score(crop: Crop, { size, region }: CropScene, { scores }: SlotView, row: number): void {
    if (scores) scores[row] = cropScore(crop, size.width, size.height, region, this.#scoreGrid);
  }

  /** Fills a row with the mean colour (0 after normalisation), its crop, image size and flips with 0, its score with 1. */
  blank({ layout, pixels, crops, imageSizes, flips, scores }: SlotView, row: number): void {
    if (scores) scores[row] = 1;
    crops.fill(0, row * 4, row * 4 + 4);
    imageSizes.fill(0, row * 2, row * 2 + 2);
    flips[row] = 0;
    const start = row * layout.rowLength;
    if (pixels instanceof Float32Array) {
      pixels.fill(0, start, start + layout.rowLength);
      return;
    }
    for (let i = 0; i < layout.rowLength; i++) pixels[start + i] = this.#greyLevels[i % 3]!;
  }
}

function movedInto(window: PixelWindow, crop: Crop): PixelWindow {
  return { ...crop, x: crop.x - window.x, y: crop.y - window.y };
}

function rowOf({ layout, pixels }: SlotView, row: number): Pixels {
  const start = row * layout.rowLength;
  return pixels.subarray(start, start + layout.rowLength);
}
