/** Element type of a batch's views. */
export type Pixels = Float32Array | Uint8Array;

/**
 * A batch of views. Its arrays lie in memory that worker threads fill again after `release()`: copy what must stay; leaving
 * the epoch's loop early releases its batches too. A native tensor can share its array's memory for as long as it lives, so
 * dispose of the tensors made of a batch before releasing it.
 */
export interface Batch<P extends Pixels = Pixels> {
  /** Epoch and step within it, from 0. */
  readonly epoch: number;
  readonly step: number;
  /** Number of rows: the batch size, except in a last batch that was not dropped and where bad images are left out. */
  readonly size: number;
  /** Index into the data set of every row. */
  readonly indices: Uint32Array;
  /** Index of every row's partner image; undefined unless the plan has views of pairs. */
  readonly partners: Uint32Array | undefined;
  /** By view: `size * side * side * 3` values, NHWC; normalised float32, or uint8 as they are. */
  readonly views: Readonly<Record<string, P>>;
  /** By view: x, y, width, height of every row's crop in pixels of the upright image. */
  readonly crops: Readonly<Record<string, Int32Array>>;
  /** By view: width and height of the image that every row's view was cut from. */
  readonly imageSizes: Readonly<Record<string, Int32Array>>;
  /** By view and row: 0, or the bits `MIRRORED_LEFT_RIGHT`, `MIRRORED_TOP_BOTTOM` and `TURNED` of what was done after cropping. */
  readonly flips: Readonly<Record<string, Uint8Array>>;
  /**
   * By view: how salient every row's crop is (`cropScore`), from 0 to 1; exactly 1 where nothing is known of the image yet.
   * Undefined unless the plan asks for scores.
   */
  readonly scores: Readonly<Record<string, Float32Array>> | undefined;
  /** Rows that stand blank for an image that cannot be read; empty unless `onBadImage` is `blank`. */
  readonly blankRows: readonly number[];
  /** Gives the memory back. Calling it again does nothing. */
  release(): void;
}
