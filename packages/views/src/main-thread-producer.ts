import { setImmediate as nextTurn } from 'node:timers/promises';
import { type ImageDataset, openDataset } from '@ssl-scene/datasets';
import { cellChange } from './cell-wait.ts';
import { ItemRenderer } from './item-renderer.ts';
import { type LaneWaits, runLane } from './lane.ts';
import type { Producer, ProducerEvents, Ring } from './producer.ts';
import type { RenderSettings } from './worker-message.ts';

/** Milliseconds of work after which others get their turn. */
const LONGEST_TURN = 3;

/** Fills the ring in the main thread, a few milliseconds at a time. */
export class MainThreadProducer implements Producer {
  readonly restarts = 0;
  readonly #settings: RenderSettings;
  readonly #dataset: ImageDataset;
  #run: () => Promise<void> = async () => {};

  private constructor(settings: RenderSettings, dataset: ImageDataset) {
    this.#settings = settings;
    this.#dataset = dataset;
  }

  static async open(settings: RenderSettings): Promise<MainThreadProducer> {
    return new MainThreadProducer(settings, await openDataset(settings.source));
  }

  get length(): number {
    return this.#dataset.length;
  }

  get datasetName(): string {
    return this.#dataset.name;
  }

  async attach(ring: Ring, events: ProducerEvents): Promise<void> {
    const { control } = ring;
    const { onBadImage } = events;
    const renderer = await ItemRenderer.load(this.#settings, this.#dataset, { ring, lane: 0, onBadImage });
    let turnStart = 0;
    const waits: LaneWaits = {
      forTicket: (slot, seen) => cellChange(control.cells, control.ticketCell(slot), seen),
      betweenItems: async () => {
        if (performance.now() - turnStart < LONGEST_TURN) return;
        await nextTurn();
        turnStart = performance.now();
      },
      // Nobody takes an item away from the only thread.
      forNothing: () => new Promise<never>(() => {}),
    };
    this.#run = async () => {
      await nextTurn();
      turnStart = performance.now();
      await runLane(
        control,
        0,
        waits,
        (item) => renderer.render(item),
        (error) => events.onFailure(error as Error),
      );
    };
  }

  async ready(): Promise<void> {}

  begin(): void {
    void this.#run();
  }

  async close(): Promise<void> {
    this.#dataset.close?.();
  }
}
