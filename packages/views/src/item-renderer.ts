import type { Size } from '@ssl-scene/augmentations';
import type { Crop, CropTally } from '@ssl-scene/cropping';
import { type BadImage, type DecisionCounts, type ImageDataset, isImageFault } from '@ssl-scene/datasets';
import { isSceneError, SceneError } from '@ssl-scene/errors';
import type { Box } from '@ssl-scene/geometry';
import { randomStream } from '@ssl-scene/random';
import { cropUnion } from './crop-union.ts';
import { type DecodeTally, ImageReader } from './image-reader.ts';
import { ImageRegions } from './image-regions.ts';
import { type ImagePair, PairTable } from './pair-table.ts';
import type { Ring } from './producer.ts';
import { ROW_BAD, ROW_READY } from './ring-layout.ts';
import type { Slot } from './ring-memory.ts';
import { ViewEngine } from './view-engine.ts';
import { needsPair } from './view-plan.ts';
import { type CropScene, type DrawKey, ViewRenderer } from './view-renderer.ts';
import type { RenderSettings } from './worker-message.ts';

/** Where an item renderer writes, and who hears what. */
export interface RendererTarget {
  readonly ring: Ring;
  readonly lane: number;
  readonly onBadImage: (image: BadImage) => void;
}

/** A view and its place among those of the plan. */
interface NumberedRenderer {
  readonly renderer: ViewRenderer;
  readonly number: number;
}

/** An image and what is to be made of it. */
interface ImageTask {
  readonly index: number;
  readonly renderers: readonly NumberedRenderer[];
  readonly pairBox: Box | undefined;
}

/** The crops of an image's views, and what they were drawn in. */
interface DrawnCrops {
  readonly scene: CropScene;
  readonly crops: readonly Crop[];
}

/** A row of a batch. */
interface Row {
  readonly slot: Slot;
  readonly row: number;
  readonly key: DrawKey;
}

/** Makes all views of an item (a row of a batch) and writes them to its place in the ring. */
export class ItemRenderer {
  readonly #dataset: ImageDataset;
  readonly #seed: number;
  readonly #regions: ImageRegions;
  readonly #pairs: PairTable | undefined;
  readonly #engine: ViewEngine;
  readonly #reader: ImageReader;
  readonly #renderers: readonly ViewRenderer[];
  readonly #ofSample: readonly NumberedRenderer[];
  readonly #ofPartner: readonly NumberedRenderer[];
  readonly #target: RendererTarget;
  readonly #decodeTally: DecodeTally = { native: 0, others: 0 };
  /** As counted so far. */
  #decisions: DecisionCounts;

  private constructor(
    settings: RenderSettings,
    dataset: ImageDataset,
    engine: ViewEngine,
    renderers: readonly ViewRenderer[],
    target: RendererTarget,
  ) {
    const { seed, nativeLibrary, pairs } = settings;
    const { cache } = target.ring;
    const numbered = renderers.map((renderer, number) => ({ renderer, number }));
    this.#dataset = dataset;
    this.#seed = seed;
    this.#regions = new ImageRegions(settings, dataset);
    this.#pairs = pairs === undefined || !settings.plan.views.some(needsPair) ? undefined : PairTable.attach(pairs);
    this.#engine = engine;
    this.#reader = new ImageReader(dataset, { nativeLibrary, cache, tally: this.#decodeTally });
    this.#decisions = this.#reader.decisions();
    this.#renderers = renderers;
    this.#ofSample = numbered.filter(({ renderer }) => renderer.spec.image !== 'partner');
    this.#ofPartner = numbered.filter(({ renderer }) => renderer.spec.image === 'partner');
    this.#target = target;
  }

  /** Gets ready; loads the modules that the plan names. */
  static async load(settings: RenderSettings, dataset: ImageDataset, target: RendererTarget): Promise<ItemRenderer> {
    const { plan, mean, std, engine: kind } = settings;
    const engine = new ViewEngine(mean, std, { kind });
    const renderers = await Promise.all(plan.views.map((view) => ViewRenderer.load(view, settings, engine)));
    return new ItemRenderer(settings, dataset, engine, renderers, target);
  }

  async render(item: number): Promise<void> {
    const place = this.#placeOf(item);
    const { slot, row, key } = place;
    const pair = this.#drawPair(place);
    const sample = { index: key.index, renderers: this.#ofSample, pairBox: pair?.box };
    const partner = { index: pair?.partner ?? 0, renderers: this.#ofPartner, pairBox: pair?.partnerBox };
    const isReady = (await this.#renderImage(sample, place)) && (await this.#renderImage(partner, place));
    this.#finish(slot, row, isReady);
  }

  /** Leaves an item's row blank, for an image that took so long that its thread was ended. */
  giveUp(item: number, index: number, timeLimit: number): void {
    const place = this.#placeOf(item);
    this.#drawPair(place);
    this.#reportBad(
      index,
      new SceneError({
        code: 'DECODE_TIMEOUT',
        expected: `an image whose views are made within ${timeLimit} ms`,
        found: 'a thread still at work, which was ended',
        where: this.#dataset.id(index),
        fix: 'Remove the file, or raise imageTimeLimit if the machine is merely slow.',
      }),
    );
    this.#finish(place.slot, place.row, false);
  }

  #placeOf(item: number): Row {
    const { control, memory, order } = this.#target.ring;
    const slot = memory.slots[Math.floor(item / control.batchSize) % control.slots]!;
    return { slot, row: item % control.batchSize, key: { epoch: control.epoch, index: order[item]! } };
  }

  #drawPair({ slot, row, key }: Row): ImagePair | undefined {
    const pair = this.#pairs?.draw(key.index, randomStream(this.#seed, 'pair', key.epoch, key.index));
    if (pair !== undefined) slot.partners![row] = pair.partner;
    return pair;
  }

  #finish(slot: Slot, row: number, isReady: boolean): void {
    slot.status[row] = isReady ? ROW_READY : ROW_BAD;
    if (isReady) return;
    for (const [number, renderer] of this.#renderers.entries()) renderer.blank(slot.views[number]!, row);
  }

  /** Makes the views that are cut from one image; false where it cannot be read. */
  async #renderImage(task: ImageTask, place: Row): Promise<boolean> {
    if (task.renderers.length === 0) return true;
    const { control, badImages } = this.#target.ring;
    if (badImages?.has(task.index)) return false;
    control.startReading(this.#target.lane, task.index);
    const tally: CropTally = { fallbacks: 0, droppedBoxes: 0, imagesWithoutBox: 0 };
    try {
      await this.#readAndRender(task, place, tally);
    } catch (error) {
      if (!isImageFault(error)) throw this.#failure(error, task.index);
      this.#reportBad(task.index, error);
      return false;
    }
    control.addTally(tally, this.#decodeTally);
    this.#decodeTally.native = 0;
    this.#decodeTally.others = 0;
    const decisions = this.#reader.decisions();
    control.addDecisions(this.#decisions, decisions);
    this.#decisions = decisions;
    return true;
  }

  async #readAndRender(task: ImageTask, { slot, row, key }: Row, tally: CropTally): Promise<void> {
    let drawn: DrawnCrops | undefined;
    const drawFor = (size: Size): DrawnCrops => {
      const { width, height } = drawn?.scene.size ?? {};
      if (drawn === undefined || width !== size.width || height !== size.height) {
        drawn = this.#drawCrops(task, size, key, tally);
      }
      return drawn;
    };
    const target = (width: number, height: number): Uint8Array => this.#engine.source(width, height);
    const image = await this.#reader.read(task.index, target, (size) => cropUnion(drawFor(size).crops, size));
    const { scene, crops } = drawFor(image);
    for (const [position, { renderer, number }] of task.renderers.entries()) {
      const [crop, view] = [crops[position]!, slot.views[number]!];
      this.#naming(renderer, task.index, () => renderer.render(crop, image, key, view, row));
      renderer.score(crop, scene, view, row);
    }
  }

  #drawCrops({ index, renderers, pairBox }: ImageTask, size: Size, key: DrawKey, tally: CropTally): DrawnCrops {
    const scene = { size, region: this.#regions.of(index, size), pairBox };
    const crops = renderers.map(({ renderer }) =>
      this.#naming(renderer, index, () => renderer.drawCrop(scene, key, tally)),
    );
    return { scene, crops };
  }

  #reportBad(index: number, error: SceneError): void {
    const { code, message } = error;
    this.#target.onBadImage({ index, id: this.#dataset.id(index), code: code as BadImage['code'], message });
    this.#target.ring.badImages?.add(index);
  }

  /** Does what may fail in foreign code; the error names the view. */
  #naming<T>(renderer: ViewRenderer, index: number, work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw this.#failure(error, index, renderer.spec.name);
    }
  }

  #failure(error: unknown, index: number, view?: string): SceneError {
    if (isSceneError(error) && error.code === 'VIEW_FAILED') return error;
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
