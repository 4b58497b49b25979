import type { Pixels } from './batch.ts';
import type { RingLayout, ViewLayout } from './ring-layout.ts';

/** A view's arrays in one slot. */
export interface SlotView {
  readonly layout: ViewLayout;
  readonly pixels: Pixels;
  readonly crops: Int32Array;
  readonly imageSizes: Int32Array;
  readonly flips: Uint8Array;
  /** Undefined where the plan asks for no scores. */
  readonly scores: Float32Array | undefined;
}

/** The arrays of one slot. */
export interface Slot {
  readonly views: readonly SlotView[];
  readonly status: Uint8Array;
  /** Undefined where the plan has no pairs. */
  readonly partners: Uint32Array | undefined;
}

/** The memory of the ring's slots, as typed arrays. Any number of threads may look at the same one. */
export class RingMemory {
  readonly layout: RingLayout;
  readonly buffers: readonly SharedArrayBuffer[];
  readonly slots: readonly Slot[];

  private constructor(layout: RingLayout, buffers: readonly SharedArrayBuffer[]) {
    this.layout = layout;
    this.buffers = buffers;
    this.slots = buffers.map((buffer) => slotArrays(layout, buffer));
  }

  static create(layout: RingLayout): RingMemory {
    return new RingMemory(
      layout,
      Array.from({ length: layout.slots }, () => new SharedArrayBuffer(layout.slotBytes)),
    );
  }

  static attach(layout: RingLayout, buffers: readonly SharedArrayBuffer[]): RingMemory {
    return new RingMemory(layout, buffers);
  }
}

function slotArrays(layout: RingLayout, buffer: SharedArrayBuffer): Slot {
  const { batchSize, output, partnerOffset } = layout;
  const views = layout.views.map((view): SlotView => {
    const length = batchSize * view.rowLength;
    return {
      layout: view,
      pixels:
        output === 'float32'
          ? new Float32Array(buffer, view.pixelOffset, length)
          : new Uint8Array(buffer, view.pixelOffset, length),
      crops: new Int32Array(buffer, view.cropOffset, batchSize * 4),
      imageSizes: new Int32Array(buffer, view.imageSizeOffset, batchSize * 2),
      flips: new Uint8Array(buffer, view.flipOffset, batchSize),
      scores: view.scoreOffset === undefined ? undefined : new Float32Array(buffer, view.scoreOffset, batchSize),
    };
  });
  return {
    views,
    status: new Uint8Array(buffer, layout.statusOffset, batchSize),
    partners: partnerOffset === undefined ? undefined : new Uint32Array(buffer, partnerOffset, batchSize),
  };
}
