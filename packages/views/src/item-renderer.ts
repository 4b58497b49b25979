import type { CropTally } from '@ssl-scene/cropping';
import { type BadImage, type ImageDataset, isImageFault } from '@ssl-scene/datasets';
import { isSceneError, SceneError } from '@ssl-scene/errors';
import type { Raster } from '@ssl-scene/geometry';
import { ImageRegions } from './image-regions.ts';
import type { Ring } from './producer.ts';
import { ROW_BAD, ROW_READY } from './ring-layout.ts';
import type { Slot } from './ring-memory.ts';
import { ViewEngine } from './view-engine.ts';
import { ViewRenderer } from './view-renderer.ts';
import type { RenderSettings } from './worker-message.ts';

/** Where an item renderer writes, and who hears of images that cannot be read. */
export interface RendererTarget {
  readonly ring: Ring;
  readonly onBadImage: (image: BadImage) => void;
}

/** Makes all views of an item (a row of a batch) and writes them to its place in the ring. */
export class ItemRenderer {
  readonly #dataset: ImageDataset;
  readonly #ring: Ring;
  readonly #regions: ImageRegions;
  readonly #engine: ViewEngine;
  readonly #renderers: readonly ViewRenderer[];
  readonly #onBadImage: (image: BadImage) => void;

  private constructor(
    dataset: ImageDataset,
    regions: ImageRegions,
    engine: ViewEngine,
    renderers: readonly ViewRenderer[],
    { ring, onBadImage }: RendererTarget,
  ) {
    this.#dataset = dataset;
    this.#regions = regions;
    this.#engine = engine;
    this.#renderers = renderers;
    this.#ring = ring;
    this.#onBadImage = onBadImage;
  }

  /** Gets ready; loads the modules that the plan names. */
  static async load(settings: RenderSettings, dataset: ImageDataset, target: RendererTarget): Promise<ItemRenderer> {
    const { plan, mean, std } = settings;
    const engine = new ViewEngine(mean, std);
    const renderers = await Promise.all(plan.views.map((view) => ViewRenderer.load(view, settings, engine)));
    return new ItemRenderer(dataset, new ImageRegions(settings, dataset), engine, renderers, target);
  }

  async render(item: number): Promise<void> {
    const { control, memory, order } = this.#ring;
    const slot = memory.slots[Math.floor(item / control.batchSize) % control.slots]!;
    const row = item % control.batchSize;
    const index = order[item]!;
    const raster = await this.#read(index);
    slot.status[row] = raster === undefined ? ROW_BAD : ROW_READY;
    if (raster === undefined) this.#blank(slot, row);
    else this.#renderViews(raster, slot, row, index);
  }

  async #read(index: number): Promise<Raster | undefined> {
    const { cache } = this.#ring;
    const kept = cache?.get(index);
    if (kept !== undefined) return kept;
    try {
      const raster = await this.#dataset.pixels(index);
      cache?.put(index, raster);
      return raster;
    } catch (error) {
      if (!isImageFault(error)) throw this.#failure(error, index);
      this.#onBadImage({ index, id: this.#dataset.id(index), code: error.code, message: error.message });
      return undefined;
    }
  }

  #renderViews(raster: Raster, slot: Slot, row: number, index: number): void {
    const { control } = this.#ring;
    const tally: CropTally = { fallbacks: 0, droppedBoxes: 0, imagesWithoutBox: 0 };
    const key = { epoch: control.epoch, index };
    const region = this.#regions.of(index, raster);
    this.#load(raster, index);
    for (const [number, renderer] of this.#renderers.entries()) {
      try {
        renderer.render(raster, region, key, { view: slot.views[number]!, row, tally });
      } catch (error) {
        throw this.#failure(error, index, renderer.name);
      }
    }
    control.addTally(tally);
  }

  #load(raster: Raster, index: number): void {
    try {
      this.#engine.load(raster);
    } catch (error) {
      throw this.#failure(error, index);
    }
  }

  #blank(slot: Slot, row: number): void {
    for (const [number, renderer] of this.#renderers.entries()) renderer.blank(slot.views[number]!, row);
  }

  #failure(error: unknown, index: number, view?: string): SceneError {
    const place = `image ${index}, "${this.#dataset.id(index)}"`;
    return new SceneError({
      code: 'VIEW_FAILED',
      expected: 'every view of the plan to be made',
      found: error instanceof Error ? error.message : String(error),
      where: view === undefined ? place : `${place}, view "${view}"`,
      fix: isSceneError(error) ? error.fix : 'Look at the cause; the image itself was readable.',
      cause: error,
    });
  }
}
