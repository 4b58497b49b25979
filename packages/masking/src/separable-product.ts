import { type Tensor, tf } from '@ssl-scene/tensors';

/** A matrix, row by row. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float32Array;
}

/** Makes a matrix from a function of row and column. */
export function matrix(rows: number, columns: number, value: (row: number, column: number) => number): Matrix {
  const data = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) data[row * columns + column] = value(row, column);
  }
  return { rows, columns, data };
}

/** From this many inputs on, a matrix is worth moving the channels out of its way. */
const WIDE = 32;

/**
 * Multiplies the columns of images by one matrix and their rows by another:
 * y[n, i, j, c] = Σ_r Σ_s vertical[i, r] · horizontal[j, s] · x[n, r, s, c].
 *
 * Resizing, blurring and spreading a grid over pixels are of this form. Matrix products are the fastest way that every
 * backend has, and their gradients are products too.
 *
 * @param images (N, H, W, C). @param vertical (H', H). @param horizontal (W', W). @returns (N, H', W', C).
 */
export function separableProduct(images: Tensor, vertical: Matrix, horizontal: Matrix): Tensor {
  const columns = multiplyColumns(images, vertical);
  if (images.shape[3] === 1 || horizontal.columns < WIDE) return multiplyRows(columns, horizontal);
  return turned(multiplyColumns(turned(columns), horizontal));
}

/** (N, H, W, C) → (N, W, H, C). */
function turned(images: Tensor): Tensor {
  return tf.transpose(images, [0, 2, 1, 3]);
}

function multiplyColumns(images: Tensor, { rows, columns, data }: Matrix): Tensor {
  const [batch, height, width, channels] = images.shape as [number, number, number, number];
  const product = tf.matMul(
    tf.tensor3d(data, [1, rows, columns]),
    tf.reshape(images, [batch, height, width * channels]),
  );
  return tf.reshape(product, [batch, rows, width, channels]);
}

function multiplyRows(images: Tensor, horizontal: Matrix): Tensor {
  const [batch, height, width, channels] = images.shape as [number, number, number, number];
  const { rows, columns, data } = channelwise(horizontal, channels);
  const product = tf.matMul(tf.reshape(images, [batch * height, width * channels]), tf.tensor2d(data, [rows, columns]));
  return tf.reshape(product, [batch, height, horizontal.rows, channels]);
}

/** The transposed matrix acting on rows of interleaved channels, each channel by itself. */
function channelwise(horizontal: Matrix, channels: number): Matrix {
  const data = new Float32Array(horizontal.data.length * channels * channels);
  const columns = horizontal.rows * channels;
  for (let to = 0; to < horizontal.rows; to++) {
    for (let from = 0; from < horizontal.columns; from++) {
      const weight = horizontal.data[to * horizontal.columns + from]!;
      for (let c = 0; c < channels; c++) data[(from * channels + c) * columns + to * channels + c] = weight;
    }
  }
  return { rows: horizontal.columns * channels, columns, data };
}
