import { needsPair, type ViewPlan } from './view-plan.ts';

/** Where things lie in a slot of the ring, in bytes from the slot's start. Plain data. */
export interface RingLayout {
  readonly slots: number;
  readonly batchSize: number;
  readonly output: 'float32' | 'uint8';
  readonly slotBytes: number;
  /** One byte a row: see `ROW_READY` and `ROW_BAD`. */
  readonly statusOffset: number;
  /** Four bytes a row: the index of the row's partner image. Undefined where the plan has no pairs. */
  readonly partnerOffset: number | undefined;
  readonly views: readonly ViewLayout[];
}

/** Where a view's parts lie in a slot. */
export interface ViewLayout {
  readonly name: string;
  readonly size: number;
  /** Number of values of one row. */
  readonly rowLength: number;
  readonly pixelOffset: number;
  readonly cropOffset: number;
  readonly imageSizeOffset: number;
  readonly flipOffset: number;
  /** Four bytes a row. Undefined where the plan asks for no scores. */
  readonly scoreOffset: number | undefined;
}

/** The row holds a view of its image. */
export const ROW_READY = 0;
/** The row's image could not be read; its pixels are blank. */
export const ROW_BAD = 1;

/** Cache lines are 64 bytes: parts that start on one are never shared between two threads' rows by accident of layout. */
const ALIGNMENT = 64;

/** The layout for a plan: all views' pixels, then crops, image sizes, flips and scores; row states and partners. */
export function ringLayout(plan: ViewPlan, batchSize: number, output: 'float32' | 'uint8', slots: number): RingLayout {
  const valueBytes = output === 'float32' ? 4 : 1;
  let end = 0;
  const reserve = (bytes: number): number => {
    const start = end;
    end = Math.ceil((start + bytes) / ALIGNMENT) * ALIGNMENT;
    return start;
  };
  const views = plan.views.map(({ name, size }): ViewLayout => {
    const rowLength = size * size * 3;
    return {
      name,
      size,
      rowLength,
      pixelOffset: reserve(batchSize * rowLength * valueBytes),
      cropOffset: reserve(batchSize * 4 * 4),
      imageSizeOffset: reserve(batchSize * 2 * 4),
      flipOffset: reserve(batchSize),
      scoreOffset: plan.scores ? reserve(batchSize * 4) : undefined,
    };
  });
  const statusOffset = reserve(batchSize);
  const partnerOffset = plan.views.some(needsPair) ? reserve(batchSize * 4) : undefined;
  return { slots, batchSize, output, slotBytes: end, statusOffset, partnerOffset, views };
}
