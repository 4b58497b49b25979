import { SceneError } from '@ssl-scene/errors';
import { attributes, type NativeBackend, nativeBackend } from './native-backend.ts';
import { gatherTap, outputLength, type Padding, paddingOf, pair, scatterTap, type Window } from './spatial.ts';
import { type Tensor, tf } from './tensor.ts';

export interface PoolingOptions {
  /** Side of the window, or [height, width]. */
  readonly kernel: number | readonly [number, number];
  /** Step of the window. Default: the kernel, as in PyTorch. */
  readonly stride?: number | readonly [number, number];
  /** Added on the sides: -∞ for the maximum, 0 for the average. One number, or [top, bottom, left, right]. Default 0. */
  readonly padding?: Padding;
}

export interface AveragePoolingOptions extends PoolingOptions {
  /** Whether padded places count in the average, as they do by default in PyTorch. Default true. */
  readonly countPadding?: boolean;
}

interface Geometry extends Window {
  readonly padding: readonly [number, number, number, number];
  /** [height, width] of the output. */
  readonly size: readonly [number, number];
}

function geometryOf(x: Tensor, { kernel, stride = kernel, padding = 0 }: PoolingOptions): Geometry {
  const [height, width] = pair(kernel);
  const strides = pair(stride);
  const sides = paddingOf(padding);
  const size = [
    outputLength(x.shape[1]!, height, strides[0], sides[0] + sides[1]),
    outputLength(x.shape[2]!, width, strides[1], sides[2] + sides[3]),
  ] as const;
  const tooWide = Math.max(sides[0], sides[1]) > height / 2 || Math.max(sides[2], sides[3]) > width / 2;
  if (x.rank !== 4 || Math.min(...size) < 1 || tooWide) {
    throw new SceneError({
      code: 'POOLING_SHAPE',
      expected: 'images (N, H, W, C), a window that fits, padding of at most half of it',
      found: `[${x.shape}], window ${height}×${width}, padding [${sides}]`,
      where: 'pooling',
      fix: 'Use a smaller window or a larger image.',
    });
  }
  return { kernel: [height, width], strides, padding: sides, size };
}

/**
 * Maximum over a sliding window. Where several places of a window hold the maximum, the first in row-major order gets
 * the whole gradient.
 *
 * @param x (N, H, W, C). @returns (N, H', W', C).
 */
export function maxPool2d(x: Tensor, options: PoolingOptions): Tensor {
  const geometry = geometryOf(x, options);
  const native = nativeBackend();
  return native ? nativeMaximum(native, x, geometry) : portableMaximum(x, geometry);
}

/** Average over a sliding window. @param x (N, H, W, C). @returns (N, H', W', C). */
export function avgPool2d(x: Tensor, options: AveragePoolingOptions): Tensor {
  const geometry = geometryOf(x, options);
  const { countPadding = true } = options;
  const { kernel, padding, size } = geometry;
  const sums = windowSums(x, geometry);
  if (countPadding || padding.every((amount) => amount === 0)) return tf.div(sums, kernel[0] * kernel[1]);
  return tf.div(sums, tf.tensor4d(placesInside(x.shape, geometry), [1, size[0], size[1], 1]));
}

/** Average over all places: (N, H, W, C) → (N, C). */
export function globalAvgPool(x: Tensor): Tensor {
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const places = height * width;
  const pool = tf.customGrad((...inputs: unknown[]) => {
    const [image] = inputs as [Tensor];
    // tfjs derives the mean's gradient through an array of ones as large as the input.
    const gradFunc = (dy: Tensor): Tensor =>
      tf.tile(tf.reshape(tf.mul(dy, 1 / places), [batch, 1, 1, channels]), [1, height, width, 1]);
    return { value: tf.mean(image, [1, 2]), gradFunc };
  });
  return pool(x);
}

function nativeMaximum(native: NativeBackend, image: Tensor, { kernel, strides, padding }: Geometry): Tensor {
  const padded = padding.some((amount) => amount > 0);
  const options = attributes(native, {
    T: { type: 'float32' },
    ksize: [1, kernel[0], kernel[1], 1],
    strides: [1, strides[0], strides[1], 1],
    padding: padded ? 'EXPLICIT' : 'VALID',
    ...(padded && { explicit_paddings: [0, 0, ...padding, 0, 0] }),
    data_format: 'NHWC',
  });
  const pool = tf.customGrad((...inputs: unknown[]) => {
    const [x, save] = inputs as [Tensor, tf.GradSaveFunc];
    const y = native.executeSingleOutput('MaxPool', options, [x]);
    save([x, y]);
    const gradFunc = (dy: Tensor, saved: Tensor[]): Tensor =>
      native.executeSingleOutput('MaxPoolGrad', options, [...saved, dy]);
    return { value: y, gradFunc };
  });
  return pool(image);
}

function padWith(x: Tensor, [top, bottom, left, right]: Geometry['padding'], value: number): tf.Tensor4D {
  if (top + bottom + left + right === 0) return x as tf.Tensor4D;
  return tf.pad4d(
    x as tf.Tensor4D,
    [
      [0, 0],
      [top, bottom],
      [left, right],
      [0, 0],
    ],
    value,
  );
}

/** The lowest float32, instead of -∞, which times a zero mask would give NaN. */
const LOWEST = -3.4028234663852886e38;

function portableMaximum(image: Tensor, geometry: Geometry): Tensor {
  const { kernel, strides, padding } = geometry;
  const pool = tf.customGrad((...inputs: unknown[]) => {
    const [x, save] = inputs as [Tensor, tf.GradSaveFunc];
    const y = tf.maxPool(padWith(x, padding, LOWEST), [...kernel], [...strides], 'valid');
    save([x, y]);
    const gradFunc = (dy: Tensor, saved: Tensor[]): Tensor => {
      const [x, y] = saved as [Tensor, Tensor];
      const padded = padWith(x, padding, LOWEST);
      let free: Tensor = tf.onesLike(y);
      let gradient: Tensor | undefined;
      forEachTap(geometry, (tap) => {
        const isMaximum = tf.cast(tf.equal(gatherTap(padded, tap, geometry, geometry.size), y), 'float32');
        const winner = tf.mul(isMaximum, free);
        free = tf.sub(free, winner);
        const part = scatterTap(tf.mul(dy, winner), tap, geometry, padded.shape);
        gradient = gradient ? tf.add(gradient, part) : part;
      });
      return unpad(gradient!, geometry, x.shape);
    };
    return { value: y, gradFunc };
  });
  return pool(image);
}

function windowSums(image: Tensor, geometry: Geometry): Tensor {
  const { padding, size } = geometry;
  const sum = tf.customGrad((...inputs: unknown[]) => {
    const [x] = inputs as [Tensor];
    const padded = padWith(x, padding, 0);
    const shape = padded.shape;
    let sums: Tensor | undefined;
    forEachTap(geometry, (tap) => {
      const part = gatherTap(padded, tap, geometry, size);
      sums = sums ? tf.add(sums, part) : part;
    });
    const gradFunc = (dy: Tensor): Tensor => {
      let gradient: Tensor | undefined;
      forEachTap(geometry, (tap) => {
        const part = scatterTap(dy, tap, geometry, shape);
        gradient = gradient ? tf.add(gradient, part) : part;
      });
      return unpad(gradient!, geometry, image.shape);
    };
    return { value: sums!, gradFunc };
  });
  return sum(image);
}

function unpad(padded: Tensor, { padding }: Geometry, shape: readonly number[]): Tensor {
  if (padding.every((amount) => amount === 0)) return padded;
  return tf.slice(padded, [0, padding[0], padding[2], 0], shape as [number, number, number, number]);
}

function forEachTap({ kernel }: Geometry, visit: (tap: readonly [number, number]) => void): void {
  for (let row = 0; row < kernel[0]; row++) for (let column = 0; column < kernel[1]; column++) visit([row, column]);
}

/** How many places of each window lie inside the image. */
function placesInside(shape: readonly number[], { kernel, strides, padding, size }: Geometry): number[] {
  const along = (axis: 0 | 1): number[] =>
    Array.from({ length: size[axis] }, (_, index) => {
      const start = index * strides[axis] - padding[2 * axis]!;
      return Math.min(start + kernel[axis], shape[axis + 1]!) - Math.max(start, 0);
    });
  const columns = along(1);
  return along(0).flatMap((rows) => columns.map((count) => rows * count));
}
