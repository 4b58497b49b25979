import { Pipeline, type Size } from '@ssl-scene/augmentations';
import { type CropRegion, type CropSampler, type CropTally, loadCropSampler } from '@ssl-scene/cropping';
import { randomStream } from '@ssl-scene/random';
import type { Pixels } from './batch.ts';
import type { SlotView } from './ring-memory.ts';
import type { ViewEngine } from './view-engine.ts';
import { flipsOf } from './view-flips.ts';
import type { ViewSpec } from './view-plan.ts';
import type { RenderSettings } from './worker-message.ts';

/** Names the random draws of a view together with the seed and the view's name. */
export interface DrawKey {
  readonly epoch: number;
  readonly index: number;
}

/** Where a view goes. */
export interface ViewTarget {
  readonly view: SlotView;
  readonly row: number;
  readonly tally: CropTally;
}

/** Makes one view of images and writes it to rows of the ring. */
export class ViewRenderer {
  readonly #spec: ViewSpec;
  readonly #seed: number;
  readonly #sampler: CropSampler;
  readonly #pipeline: Pipeline;
  readonly #greyLevels: readonly number[];
  readonly #engine: ViewEngine;

  private constructor(spec: ViewSpec, settings: RenderSettings, engine: ViewEngine, sampler: CropSampler) {
    this.#spec = spec;
    this.#seed = settings.seed;
    this.#sampler = sampler;
    this.#pipeline = new Pipeline(spec.augmentations);
    this.#greyLevels = settings.mean.map((value) => Math.round(255 * value));
    this.#engine = engine;
  }

  /** Gets ready; loads the cropper's module where it has one. */
  static async load(spec: ViewSpec, settings: RenderSettings, engine: ViewEngine): Promise<ViewRenderer> {
    return new ViewRenderer(spec, settings, engine, await loadCropSampler(spec.crop));
  }

  get name(): string {
    return this.#spec.name;
  }

  /** Makes the view of the image that the engine has; `source` is its size. */
  render(source: Size, region: CropRegion | undefined, { epoch, index }: DrawKey, target: ViewTarget): void {
    const { view, row, tally } = target;
    const { name, size } = this.#spec;
    const seed = this.#seed;
    const random = randomStream(seed, 'view', epoch, index, name);
    // All views of an image start this stream alike, for choices that they must share.
    const shared = randomStream(seed, 'shared-crop', epoch, index);
    const crop = this.#sampler(source.width, source.height, region, random, { tally, shared });
    const operations = this.#pipeline.draw(randomStream(seed, 'augment', epoch, index, name));
    this.#engine.render(crop, operations, size, rowOf(view, row));
    view.crops[row * 4] = crop.x;
    view.crops[row * 4 + 1] = crop.y;
    view.crops[row * 4 + 2] = crop.width;
    view.crops[row * 4 + 3] = crop.height;
    view.flips[row] = flipsOf(operations);
  }

  /** Fills a row with the mean colour (0 after normalisation), its crop and flips with 0. */
  blank({ layout, pixels, crops, flips }: SlotView, row: number): void {
    crops.fill(0, row * 4, row * 4 + 4);
    flips[row] = 0;
    const start = row * layout.rowLength;
    if (pixels instanceof Float32Array) {
      pixels.fill(0, start, start + layout.rowLength);
      return;
    }
    for (let i = 0; i < layout.rowLength; i++) pixels[start + i] = this.#greyLevels[i % 3]!;
  }
}

function rowOf({ layout, pixels }: SlotView, row: number): Pixels {
  const start = row * layout.rowLength;
  return pixels.subarray(start, start + layout.rowLength);
}
