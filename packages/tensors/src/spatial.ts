import { SceneError } from '@ssl-scene/errors';
import { type Tensor, tf } from './tensor.ts';

/** The same on all sides, or [top, bottom, left, right]. */
export type Padding = number | readonly [number, number, number, number];

/** A window that slides over an image. */
export interface Window {
  readonly kernel: readonly [number, number];
  readonly strides: readonly [number, number];
}

/** [vertical, horizontal]. */
export const pair = (value: number | readonly [number, number]): readonly [number, number] =>
  typeof value === 'number' ? [value, value] : value;

/** [top, bottom, left, right] of a padding. */
export function paddingOf(padding: Padding): readonly [number, number, number, number] {
  const sides = typeof padding === 'number' ? ([padding, padding, padding, padding] as const) : padding;
  if (sides.some((amount) => !Number.isInteger(amount) || amount < 0)) {
    throw new SceneError({
      code: 'PADDING',
      expected: 'whole numbers of at least 0',
      found: `[${sides.join(', ')}]`,
      where: 'padding [top, bottom, left, right]',
      fix: 'Pass one number, or four.',
    });
  }
  return sides;
}

/** Number of places of a window along one axis. */
export function outputLength(input: number, kernel: number, stride: number, padding: number, dilation = 1): number {
  return Math.floor((input + padding - (kernel - 1) * dilation - 1) / stride) + 1;
}

/** What the tap [row, column] of the window sees at each of its places. */
export function gatherTap(
  padded: Tensor,
  [row, column]: readonly [number, number],
  { strides }: Window,
  size: readonly [number, number],
): Tensor {
  const [batch, , , channels] = padded.shape as [number, number, number, number];
  const extent = [(size[0] - 1) * strides[0] + 1, (size[1] - 1) * strides[1] + 1] as const;
  if (strides[0] === 1 && strides[1] === 1) {
    return tf.slice(padded as tf.Tensor4D, [0, row, column, 0], [batch, extent[0], extent[1], channels]);
  }
  const height = wholeCells(row, size[0], strides[0], padded.shape[1]!);
  const width = wholeCells(column, size[1], strides[1], padded.shape[2]!);
  if (height && width) return oneOfEachCell(padded as tf.Tensor4D, height, width);
  const end: [number, number, number, number] = [batch, row + extent[0], column + extent[1], channels];
  return tf.stridedSlice(padded, [0, row, column, 0], end, [1, strides[0], strides[1], 1]);
}

/** Cells side by side along an axis, of which a tap sees one place each. */
interface Cells {
  readonly start: number;
  readonly count: number;
  readonly length: number;
  readonly seen: number;
}

/** Cells that lie within the axis and hold the places start, start + stride, …; undefined where none do. */
function wholeCells(first: number, count: number, stride: number, axisLength: number): Cells | undefined {
  const seen = Math.max(0, first + count * stride - axisLength);
  return seen < stride && seen <= first ? { start: first - seen, count, length: stride, seen } : undefined;
}

/** A strided slice as copies of whole runs, where TensorFlow's takes value by value. */
function oneOfEachCell(x: tf.Tensor4D, rows: Cells, columns: Cells): Tensor {
  const [batch, , , channels] = x.shape;
  const [height, width] = [rows.count * rows.length, columns.count * columns.length];
  const part = tf.slice4d(x, [0, rows.start, columns.start, 0], [batch, height, width, channels]);
  const cells: [number, number, number, number] = [
    batch * rows.count,
    rows.length,
    columns.count,
    columns.length * channels,
  ];
  const places = tf.slice4d(
    tf.reshape(part, cells) as tf.Tensor4D,
    [0, rows.seen, 0, columns.seen * channels],
    [batch * rows.count, 1, columns.count, channels],
  );
  return tf.reshape(places, [batch, rows.count, columns.count, channels]);
}

/** The adjoint of {@link gatherTap}: puts values back at the places that the tap saw, zeros elsewhere. */
export function scatterTap(
  values: Tensor,
  [row, column]: readonly [number, number],
  { strides }: Window,
  paddedShape: readonly number[],
): Tensor {
  const spread = spreadOut(values, strides);
  const [, height, width] = spread.shape as [number, number, number, number];
  return tf.pad4d(spread as tf.Tensor4D, [
    [0, 0],
    [row, paddedShape[1]! - row - height],
    [column, paddedShape[2]! - column - width],
    [0, 0],
  ]);
}

/** Puts zeros between vertical and horizontal neighbours of (N, H, W, C), so that they come to lie `distance` apart. */
export function spreadOut(x: Tensor, distance: readonly [number, number]): Tensor {
  const [vertical, horizontal] = distance;
  if (vertical === 1 && horizontal === 1) return x;
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const rows = tf.pad4d(tf.reshape(x, [batch * height, 1, width, channels]) as tf.Tensor4D, [
    [0, 0],
    [0, vertical - 1],
    [0, 0],
    [0, 0],
  ]);
  const columns = tf.pad4d(tf.reshape(rows, [batch, height * vertical * width, 1, channels]) as tf.Tensor4D, [
    [0, 0],
    [0, 0],
    [0, horizontal - 1],
    [0, 0],
  ]);
  const spread = tf.reshape(columns, [batch, height * vertical, width * horizontal, channels]) as tf.Tensor4D;
  const size: [number, number, number, number] = [
    batch,
    (height - 1) * vertical + 1,
    (width - 1) * horizontal + 1,
    channels,
  ];
  return tf.slice4d(spread, [0, 0, 0, 0], size);
}

/** Adds zeros around (N, H, W, C); tfjs's own explicit padding is avoided because not all of its backends know it. */
export function pad(x: Tensor, [top, bottom, left, right]: readonly [number, number, number, number]): tf.Tensor4D {
  if (top + bottom + left + right === 0) return x as tf.Tensor4D;
  return tf.pad4d(x as tf.Tensor4D, [
    [0, 0],
    [top, bottom],
    [left, right],
    [0, 0],
  ]);
}
