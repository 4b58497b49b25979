import { SceneError } from '@ssl-scene/errors';
import type { Box } from '@ssl-scene/geometry';
import { type Tensor, tf } from '@ssl-scene/tensors';

/** A box on one image of a batch. */
export interface RegionOfInterest extends Box {
  /** Place of the image in the batch. */
  readonly image: number;
}

export interface RoiAlignOptions {
  /** Rows and columns of bins that a box is divided into. Default 7. */
  readonly outputSize?: number | readonly [number, number];
  /** What box coordinates are multiplied by to become places of the map: 1/8 for a map of an eighth of the image. Default 1. */
  readonly spatialScale?: number;
  /** Points per bin and axis. Default `adaptive`: as many as a bin has places of the map, rounded up. */
  readonly samplingRatio?: number | 'adaptive';
  /**
   * Place i of the map stands for coordinates i to i + 1 with its value in the middle. Default true; false is the form of the
   * first publications, half a place off, in which a box is at least one place large.
   */
  readonly aligned?: boolean;
}

/**
 * RoIAlign (He et al., 2017): the map inside of each box as a grid of bins, each the mean of bilinear samples. Equal to
 * torchvision's `roi_align`: samples more than one place outside of the map are 0, nearer ones take the edge's value. A
 * function of tensors with a gradient in the features.
 *
 * @param features (N, H, W, C). @param boxes in any order; their coordinates times `spatialScale` are places of the map.
 * @returns (boxes, rows of bins, columns of bins, C)
 */
export function roiAlign(
  features: Tensor,
  boxes: readonly RegionOfInterest[],
  options: RoiAlignOptions = {},
): tf.Tensor4D {
  const [images, height, width, channels] = checkFeatures(features);
  const [binRows, binColumns] = checkSize(options.outputSize);
  checkImages(boxes, images);
  return tf.tidy(() => {
    const ofImages = imagesOf(boxes).map(([image, places]) => {
      const count = places.length;
      const taken = places.map((place) => boxes[place]!);
      const vertical = weights(
        taken.map((box) => [box.y0, box.y1]),
        height,
        binRows,
        options,
      );
      const horizontal = weights(
        taken.map((box) => [box.x0, box.x1]),
        width,
        binColumns,
        options,
      );
      const map = tf.reshape(tf.slice(features, [image, 0, 0, 0], [1, -1, -1, -1]), [height, width * channels]);
      const rows = tf.matMul(tf.tensor2d(vertical, [count * binRows, height]), map as tf.Tensor2D);
      const columnsFirst = tf.transpose(tf.reshape(rows, [count, binRows, width, channels]), [0, 2, 1, 3]);
      const bins = tf.matMul(
        tf.tensor3d(horizontal, [count, binColumns, width]),
        tf.reshape(columnsFirst, [count, width, binRows * channels]) as tf.Tensor3D,
      );
      return tf.transpose(tf.reshape(bins, [count, binColumns, binRows, channels]), [0, 2, 1, 3]);
    });
    return inOrderOf(boxes, ofImages, [0, binRows, binColumns, channels]) as tf.Tensor4D;
  });
}

/**
 * The mean of {@link roiAlign} over all bins, (boxes, C): one feature for each box, without the grid being built.
 */
export function roiFeatures(
  features: Tensor,
  boxes: readonly RegionOfInterest[],
  options: RoiAlignOptions = {},
): tf.Tensor2D {
  const [images, height, width, channels] = checkFeatures(features);
  const [binRows, binColumns] = checkSize(options.outputSize);
  checkImages(boxes, images);
  return tf.tidy(() => {
    const ofImages = imagesOf(boxes).map(([image, places]) => {
      const taken = places.map((place) => boxes[place]!);
      const vertical = meanOverBins(
        weights(
          taken.map((box) => [box.y0, box.y1]),
          height,
          binRows,
          options,
        ),
        height,
        binRows,
      );
      const horizontal = meanOverBins(
        weights(
          taken.map((box) => [box.x0, box.x1]),
          width,
          binColumns,
          options,
        ),
        width,
        binColumns,
      );
      const map = tf.reshape(tf.slice(features, [image, 0, 0, 0], [1, -1, -1, -1]), [height * width, channels]);
      const shares = new Float32Array(places.length * height * width);
      for (let i = 0; i < shares.length; i++) {
        const [box, place] = [Math.floor(i / (height * width)), i % (height * width)];
        shares[i] = vertical[box * height + Math.floor(place / width)]! * horizontal[box * width + (place % width)]!;
      }
      return tf.matMul(tf.tensor2d(shares, [places.length, height * width]), map as tf.Tensor2D);
    });
    return inOrderOf(boxes, ofImages, [0, channels]) as tf.Tensor2D;
  });
}

/** How much each place of an axis counts in each bin: boxes × bins × places. */
function weights(
  spans: readonly (readonly [number, number])[],
  places: number,
  bins: number,
  { spatialScale = 1, samplingRatio = 'adaptive', aligned = true }: RoiAlignOptions,
): Float32Array {
  const result = new Float32Array(spans.length * bins * places);
  spans.forEach(([low, high], box) => {
    const start = low * spatialScale - (aligned ? 0.5 : 0);
    const length = (high - low) * spatialScale;
    const bin = (aligned ? length : Math.max(length, 1)) / bins;
    const samples = samplingRatio === 'adaptive' ? Math.ceil(bin) : samplingRatio;
    for (let place = 0; place < bins; place++) {
      const row = result.subarray((box * bins + place) * places, (box * bins + place + 1) * places);
      for (let sample = 0; sample < samples; sample++) {
        addSample(row, start + (place + (sample + 0.5) / samples) * bin, 1 / samples);
      }
    }
  });
  return result;
}

/** Adds what linear interpolation at `position` takes of each place, times `share`. */
function addSample(places: Float32Array, position: number, share: number): void {
  const last = places.length - 1;
  if (position < -1 || position > places.length) return;
  const inside = Math.min(Math.max(position, 0), last);
  const low = Math.floor(inside);
  places[low]! += share * (1 - (inside - low));
  if (low < last) places[low + 1]! += share * (inside - low);
}

function meanOverBins(values: Float32Array, places: number, bins: number): Float32Array {
  const mean = new Float32Array(values.length / bins);
  values.forEach((value, i) => {
    mean[Math.floor(i / (bins * places)) * places + (i % places)]! += value / bins;
  });
  return mean;
}

/** The boxes' places in the list, by image. */
function imagesOf(boxes: readonly RegionOfInterest[]): [number, number[]][] {
  const byImage = new Map<number, number[]>();
  boxes.forEach(({ image }, place) => {
    byImage.set(image, [...(byImage.get(image) ?? []), place]);
  });
  return [...byImage];
}

/** Puts results that were made image by image into the order of the boxes. */
function inOrderOf(
  boxes: readonly RegionOfInterest[],
  ofImages: readonly Tensor[],
  emptyShape: readonly number[],
): Tensor {
  if (boxes.length === 0) return tf.zeros([...emptyShape]);
  const made = imagesOf(boxes).flatMap(([, places]) => places);
  const joined = tf.concat([...ofImages]);
  if (made.every((place, i) => place === i)) return joined;
  const order = new Int32Array(boxes.length);
  made.forEach((place, i) => {
    order[place] = i;
  });
  return tf.gather(joined, tf.tensor1d(order, 'int32'));
}

function checkFeatures({ shape }: Tensor): [number, number, number, number] {
  if (shape.length === 4) return shape as [number, number, number, number];
  throw badInput(
    'a map of shape (N, H, W, C)',
    `(${shape.join(', ')})`,
    'features',
    'Pass a map of a stage, not pooled.',
  );
}

function checkSize(size: RoiAlignOptions['outputSize'] = 7): readonly [number, number] {
  const pair = typeof size === 'number' ? ([size, size] as const) : size;
  if (pair.every((side) => Number.isInteger(side) && side >= 1)) return pair;
  throw badInput('whole numbers of bins', pair.join(' × '), 'outputSize', 'Pass 7, for example.');
}

function checkImages(boxes: readonly RegionOfInterest[], images: number): void {
  for (const [place, { image, x0, y0, x1, y1 }] of boxes.entries()) {
    if (!Number.isInteger(image) || image < 0 || image >= images) {
      throw badInput(
        `an image from 0 to ${images - 1}`,
        `${image} of box ${place}`,
        'boxes',
        'Count within the batch.',
      );
    }
    if (![x0, y0, x1, y1].every(Number.isFinite)) {
      throw badInput('finite edges', `${[x0, y0, x1, y1].join(', ')} of box ${place}`, 'boxes', 'Correct the box.');
    }
  }
}

function badInput(expected: string, found: string, where: string, fix: string): SceneError {
  return new SceneError({ code: 'ROI_INPUT', expected, found, where: `roiAlign, ${where}`, fix });
}
