import { RingControl } from './ring-control.ts';

/** How a lane passes the time; a worker thread blocks, the main thread lets others run. */
export interface LaneWaits {
  /** Until a slot's ticket is no longer `seen`. */
  forTicket(slot: number, seen: number): void | Promise<void>;
  /** Between two items. */
  betweenItems(): void | Promise<void>;
  /** For ever, when the lane's item was taken away from it. */
  forNothing(): Promise<never>;
}

/**
 * One lane's part of a run: claims items and renders them until none is left or the run is cancelled, then rests.
 *
 * @param firstItem an item that another thread claimed and could not finish
 * @param onError hears of an error before the lane rests; the run goes on without it
 */
export async function runLane(
  control: RingControl,
  lane: number,
  waits: LaneWaits,
  render: (item: number) => Promise<void>,
  onError: (error: unknown) => void,
  firstItem?: number,
): Promise<void> {
  try {
    for (let item = firstItem ?? control.claim(lane); item !== undefined; item = control.claim(lane)) {
      const isMine = await slotIsFree(control, Math.floor(item / control.batchSize), waits);
      if (!isMine) return;
      await work(control, lane, waits, () => render(item));
      control.finish(lane, item);
      await waits.betweenItems();
    }
  } catch (error) {
    onError(error);
  } finally {
    control.rest(lane);
  }
}

/** Does an item's work; never returns, not even by an error, where the item was taken away meanwhile. */
async function work(control: RingControl, lane: number, waits: LaneWaits, render: () => Promise<void>): Promise<void> {
  const number = control.startWork(lane);
  try {
    await render();
  } finally {
    if (!control.endWork(lane, number)) await waits.forNothing();
  }
}

/** Waits until a batch may be written to its slot; false where the run was cancelled. */
async function slotIsFree(control: RingControl, batch: number, waits: LaneWaits): Promise<boolean> {
  const slot = batch % control.slots;
  for (let ticket = control.ticketOf(slot); ticket !== batch; ticket = control.ticketOf(slot)) {
    if (RingControl.isCancelled(ticket)) return false;
    await waits.forTicket(slot, ticket);
  }
  return true;
}
