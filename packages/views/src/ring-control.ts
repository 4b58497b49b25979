import type { CropTally } from '@ssl-scene/cropping';
import { DECODE_DECISIONS, type DecisionCounts } from '@ssl-scene/datasets';
import type { DecodeTally } from './image-reader.ts';

/** Positions of the cells that all threads share, in an Int32Array; the arrays of cells follow. */
const RUN = 0;
const EPOCH = 1;
const NEXT_ITEM = 2;
const END_ITEM = 3;
const ACTIVE_LANES = 4;
const FIRST_TALLY = 5;
const FIRST_DECODE_TALLY = 8;
const FIRST_DECISION = 10;
const FIRST_ARRAY = FIRST_DECISION + DECODE_DECISIONS.length;

/** Value of a ticket that tells threads to stop: the run was cancelled. */
const CANCELLED = -1;
/** Value of a ticket whose slot is held by the consumer. */
const HELD = -2;
/** Value of the run cell that tells threads to end. */
const STOP = -1;
/** Value of a lane's work cell: its item was taken away from it. */
const CONDEMNED = -1;
/** Cells that every lane has: its item, whether it runs, its work, the image it reads. */
const LANE_CELLS = 4;
const LARGEST_WORK = 2 ** 30 - 1;
const RENEWAL_STEP = 2 ** 20;

/**
 * The shared state of a run over an epoch. Items (rows of batches, counted through the epoch) are claimed one by one; batch b is
 * written to slot `b mod slots`, as soon as the slot's ticket says b; the thread that finishes a batch's last row marks it
 * complete. A lane is a thread of the producer.
 */
export class RingControl {
  readonly buffer: SharedArrayBuffer;
  readonly slots: number;
  readonly lanes: number;
  readonly batchSize: number;
  readonly cells: Int32Array;
  #renewals = 0;

  constructor(slots: number, lanes: number, batchSize: number, buffer?: SharedArrayBuffer) {
    this.slots = slots;
    this.lanes = lanes;
    this.batchSize = batchSize;
    this.buffer = buffer ?? new SharedArrayBuffer(4 * (FIRST_ARRAY + 3 * slots + LANE_CELLS * lanes));
    this.cells = new Int32Array(this.buffer);
  }

  /** Position of the cell with the batch that may be written to a slot. */
  ticketCell(slot: number): number {
    return FIRST_ARRAY + slot;
  }

  /** Position of the cell that holds 1 + the last complete batch of a slot. */
  completeCell(slot: number): number {
    return FIRST_ARRAY + this.slots + slot;
  }

  #doneCell(slot: number): number {
    return FIRST_ARRAY + 2 * this.slots + slot;
  }

  #itemCell(lane: number): number {
    return FIRST_ARRAY + 3 * this.slots + lane;
  }

  #runningCell(lane: number): number {
    return FIRST_ARRAY + 3 * this.slots + this.lanes + lane;
  }

  #workCell(lane: number): number {
    return FIRST_ARRAY + 3 * this.slots + 2 * this.lanes + lane;
  }

  #imageCell(lane: number): number {
    return FIRST_ARRAY + 3 * this.slots + 3 * this.lanes + lane;
  }

  get runCell(): number {
    return RUN;
  }

  get activeCell(): number {
    return ACTIVE_LANES;
  }

  get run(): number {
    return Atomics.load(this.cells, RUN);
  }

  get epoch(): number {
    return Atomics.load(this.cells, EPOCH);
  }

  get endItem(): number {
    return Atomics.load(this.cells, END_ITEM);
  }

  get activeLanes(): number {
    return Atomics.load(this.cells, ACTIVE_LANES);
  }

  get stopped(): boolean {
    return this.run === STOP;
  }

  // What the consumer's thread does.

  /** Starts a run over items [start, end) of an epoch. All lanes must be at rest. */
  start(epoch: number, start: number, end: number): void {
    Atomics.store(this.cells, EPOCH, epoch);
    Atomics.store(this.cells, NEXT_ITEM, start);
    Atomics.store(this.cells, END_ITEM, end);
    for (let slot = 0; slot < this.slots; slot++) {
      Atomics.store(this.cells, this.#doneCell(slot), 0);
      Atomics.store(this.cells, this.completeCell(slot), 0);
    }
    for (let lane = 0; lane < this.lanes; lane++) Atomics.store(this.cells, this.#runningCell(lane), 1);
    Atomics.store(this.cells, ACTIVE_LANES, this.lanes);
    Atomics.add(this.cells, RUN, 1);
    Atomics.notify(this.cells, RUN);
  }

  /** Lets a batch be written to its slot. */
  offer(batch: number): void {
    this.#setTicket(batch % this.slots, batch);
  }

  /** Keeps a slot from being written to. */
  hold(slot: number): void {
    this.#setTicket(slot, HELD);
  }

  /** Makes all lanes rest after the item they are at. */
  cancel(): void {
    Atomics.store(this.cells, NEXT_ITEM, this.endItem);
    for (let slot = 0; slot < this.slots; slot++) this.#setTicket(slot, CANCELLED);
  }

  /** Makes all lanes end. */
  stop(): void {
    Atomics.store(this.cells, RUN, STOP);
    Atomics.notify(this.cells, RUN);
  }

  isComplete(batch: number): boolean {
    return Atomics.load(this.cells, this.completeCell(batch % this.slots)) === batch + 1;
  }

  /** Wakes whoever waits for batches, so that it looks at what else happened. */
  wakeConsumer(): void {
    for (let slot = 0; slot < this.slots; slot++) Atomics.notify(this.cells, this.completeCell(slot));
    Atomics.notify(this.cells, ACTIVE_LANES);
  }

  /** Counts all lanes as resting, once they have ended. */
  restAll(): void {
    for (let lane = 0; lane < this.lanes; lane++) {
      if (this.isRunning(lane)) this.rest(lane);
    }
  }

  /** The item a lane has claimed and not finished. */
  itemOf(lane: number): number | undefined {
    const stored = Atomics.load(this.cells, this.#itemCell(lane));
    return stored === 0 ? undefined : stored - 1;
  }

  isRunning(lane: number): boolean {
    return Atomics.load(this.cells, this.#runningCell(lane)) === 1;
  }

  /** The image that a lane read last. */
  imageOf(lane: number): number {
    return Atomics.load(this.cells, this.#imageCell(lane));
  }

  /** A number that is odd while a lane works at an item, and another for every item. */
  workOf(lane: number): number {
    return Atomics.load(this.cells, this.#workCell(lane));
  }

  /**
   * Takes the item away from a lane that has been at the same `work` for too long; false where it has just finished. Its
   * thread goes no further then, whatever happens to it.
   */
  condemn(lane: number, work: number): boolean {
    return Atomics.compareExchange(this.cells, this.#workCell(lane), work, CONDEMNED) === work;
  }

  /** Takes whatever it was at away from a lane whose thread has ended. */
  abandon(lane: number): void {
    Atomics.store(this.cells, this.#workCell(lane), CONDEMNED);
  }

  /** Makes a lane ready for another thread, whose work has numbers far from those of the thread before. */
  renew(lane: number): void {
    this.#renewals++;
    Atomics.store(this.cells, this.#workCell(lane), (this.#renewals * RENEWAL_STEP) & LARGEST_WORK);
  }

  #setTicket(slot: number, value: number): void {
    Atomics.store(this.cells, this.ticketCell(slot), value);
    Atomics.notify(this.cells, this.ticketCell(slot));
  }

  /** What croppers counted so far, over all lanes and runs. */
  get tally(): CropTally {
    const count = (position: number): number => Atomics.load(this.cells, FIRST_TALLY + position);
    return { fallbacks: count(0), droppedBoxes: count(1), imagesWithoutBox: count(2) };
  }

  /** Which decoders were used so far, over all lanes and runs. */
  get decodeTally(): DecodeTally {
    const count = (position: number): number => Atomics.load(this.cells, FIRST_DECODE_TALLY + position);
    return { native: count(0), others: count(1) };
  }

  /** What decoding did to pictures so far, over all lanes and runs. */
  get decisions(): DecisionCounts {
    const counts = DECODE_DECISIONS.map((decision, i) => [decision, Atomics.load(this.cells, FIRST_DECISION + i)]);
    return Object.fromEntries(counts) as DecisionCounts;
  }

  // What a lane does.

  /** Adds counts of a lane to those of all. */
  addTally({ fallbacks, droppedBoxes, imagesWithoutBox }: CropTally, { native, others }: DecodeTally): void {
    for (const [position, count] of [fallbacks, droppedBoxes, imagesWithoutBox, native, others].entries()) {
      if (count > 0) Atomics.add(this.cells, FIRST_TALLY + position, count);
    }
  }

  /** Adds what a lane's decoding did between two counts. */
  addDecisions(before: DecisionCounts, after: DecisionCounts): void {
    for (const [i, decision] of DECODE_DECISIONS.entries()) {
      const count = after[decision] - before[decision];
      if (count > 0) Atomics.add(this.cells, FIRST_DECISION + i, count);
    }
  }

  startReading(lane: number, image: number): void {
    Atomics.store(this.cells, this.#imageCell(lane), image);
  }

  /** Begins to work at an item; the number is for `endWork`. */
  startWork(lane: number): number {
    return Atomics.add(this.cells, this.#workCell(lane), 1) + 1;
  }

  /** Ends to work at an item; false where it was taken away meanwhile, and the lane must not go on. */
  endWork(lane: number, work: number): boolean {
    const cell = this.#workCell(lane);
    return Atomics.compareExchange(this.cells, cell, work, (work + 1) & LARGEST_WORK) === work;
  }

  /** The next item for a lane, or undefined where all are claimed. */
  claim(lane: number): number | undefined {
    const item = Atomics.add(this.cells, NEXT_ITEM, 1);
    if (item >= this.endItem) return undefined;
    Atomics.store(this.cells, this.#itemCell(lane), item + 1);
    return item;
  }

  ticketOf(slot: number): number {
    return Atomics.load(this.cells, this.ticketCell(slot));
  }

  static isCancelled(ticket: number): boolean {
    return ticket === CANCELLED;
  }

  /** Counts an item as finished, and its batch as complete if it was the last. */
  finish(lane: number, item: number): void {
    const batch = Math.floor(item / this.batchSize);
    const slot = batch % this.slots;
    const rows = Math.min(this.batchSize, this.endItem - batch * this.batchSize);
    if (Atomics.add(this.cells, this.#doneCell(slot), 1) + 1 === rows) {
      Atomics.store(this.cells, this.#doneCell(slot), 0);
      Atomics.store(this.cells, this.completeCell(slot), batch + 1);
      Atomics.notify(this.cells, this.completeCell(slot));
    }
    Atomics.store(this.cells, this.#itemCell(lane), 0);
  }

  /** A lane is done with the run. */
  rest(lane: number): void {
    Atomics.store(this.cells, this.#itemCell(lane), 0);
    Atomics.store(this.cells, this.#runningCell(lane), 0);
    Atomics.sub(this.cells, ACTIVE_LANES, 1);
    Atomics.notify(this.cells, ACTIVE_LANES);
  }
}
