import { SceneError } from '@ssl-scene/errors';
import { type FilterGeometry, filterGradientByProduct, productPays } from './filter-gradient.ts';
import { attributes, type NativeBackend, nativeBackend, type OpAttribute } from './native-backend.ts';
import {
  gatherTap,
  outputLength,
  type Padding,
  pad,
  paddingOf,
  pair,
  scatterTap,
  spreadOut,
  type Window,
} from './spatial.ts';
import { type Tensor, tf } from './tensor.ts';
import { filterGradientOnWebGpu } from './webgpu-filter-gradient.ts';
import { onWebGpu } from './webgpu-program.ts';

export interface ConvolutionOptions {
  /** Step of the window, [vertical, horizontal] or one number for both. Default 1. */
  readonly strides?: number | readonly [number, number];
  /** Zeros added on each side before the window slides: one number for all sides, or [top, bottom, left, right]. Default 0. */
  readonly padding?: Padding;
  /** Distance between the filter's taps, [vertical, horizontal] or one number for both. Default 1. */
  readonly dilation?: number | readonly [number, number];
  /** Channels are convolved in this many groups of their own (depthwise: as many as there are channels). Default 1. */
  readonly groups?: number;
}

interface Geometry {
  readonly strides: readonly [number, number];
  /** top, bottom, left, right */
  readonly padding: readonly [number, number, number, number];
  readonly groups: number;
}

/**
 * Two-dimensional cross-correlation, as PyTorch's `conv2d`, with gradients on every backend.
 *
 * @param x images (N, H, W, C).
 * @param filter (kernel height, kernel width, C / groups, output channels); output channels of a group are adjacent.
 * @returns (N, H', W', output channels).
 */
export function conv2d(x: Tensor, filter: Tensor, options: ConvolutionOptions = {}): Tensor {
  const { strides = 1, padding = 0, dilation = 1, groups = 1 } = options;
  const geometry: Geometry = { strides: pair(strides), padding: paddingOf(padding), groups };
  check(x, filter, pair(dilation), geometry);
  // No backend has all gradients of dilated filters; with the zeros written out a filter needs none.
  const taps = spreadFilter(filter, pair(dilation));
  const native = nativeBackend();
  if (native) return nativeConvolution(native, x, taps, geometry);
  if (isDepthwise(x, taps, groups)) return portableDepthwise(x, taps, geometry);
  return grouped(x, taps, groups, (part, weights) => portableConvolution(part, weights, geometry));
}

const isDepthwise = (x: Tensor, filter: Tensor, groups: number): boolean =>
  groups > 1 && groups === x.shape[3] && filter.shape[3] === groups;

function check(x: Tensor, filter: Tensor, dilation: readonly [number, number], geometry: Geometry): void {
  const { strides, padding, groups } = geometry;
  const fail = (expected: string, found: string): never => {
    throw new SceneError({
      code: 'CONVOLUTION_SHAPE',
      expected,
      found,
      where: `conv2d of [${x.shape}] with a filter [${filter.shape}]`,
      fix: 'Images are (N, H, W, C), filters (height, width, C / groups, output channels).',
    });
  };
  if (x.rank !== 4 || filter.rank !== 4) fail('two tensors of rank 4', `ranks ${x.rank} and ${filter.rank}`);
  const [kernelHeight, kernelWidth, channels, outputs] = filter.shape as [number, number, number, number];
  if (channels * groups !== x.shape[3]) {
    fail(`${x.shape[3]} input channels`, `${groups} group(s) of ${channels} channels in the filter`);
  }
  if (outputs % groups !== 0) fail(`output channels divisible by ${groups} groups`, `${outputs}`);
  const heights = outputLength(x.shape[1]!, kernelHeight, strides[0], padding[0] + padding[1], dilation[0]);
  const widths = outputLength(x.shape[2]!, kernelWidth, strides[1], padding[2] + padding[3], dilation[1]);
  if (heights < 1 || widths < 1) fail('a window that fits into the padded image', `an output of ${heights}×${widths}`);
}

/** Convolves every group by itself and puts the outputs side by side. */
function grouped(x: Tensor, filter: Tensor, groups: number, convolve: (x: Tensor, filter: Tensor) => Tensor): Tensor {
  if (groups === 1) return convolve(x, filter);
  const images = tf.split(x, groups, 3);
  const filters = tf.split(filter, groups, 3);
  return tf.concat(
    images.map((image, group) => convolve(image, filters[group]!)),
    3,
  );
}

function nativeConvolution(native: NativeBackend, x: Tensor, filter: Tensor, geometry: Geometry): Tensor {
  const { groups } = geometry;
  const same = isSame(x, filter, geometry);
  // TensorFlow knows explicit padding, but its fast gradient kernels don't.
  const image = same ? x : pad(x, readPadding(x, filter, geometry));
  const options = attributes(native, {
    T: { type: 'float32' },
    strides: [1, geometry.strides[0], geometry.strides[1], 1],
    padding: same ? 'SAME' : 'VALID',
    data_format: 'NHWC',
  });
  if (isDepthwise(x, filter, groups)) {
    return nativeDepthwise(native, image, filter, options);
  }
  // TensorFlow's CPU kernels have no gradient of a grouped convolution.
  return grouped(image, filter, groups, (part, weights) =>
    nativeUngrouped(native, part, weights, options, {
      strides: geometry.strides,
      padding: same ? geometry.padding : NO_PADDING,
    }),
  );
}

/** Whether the padding is the one that TensorFlow calls SAME: as little as keeps every place, the odd one behind. */
function isSame(x: Tensor, filter: Tensor, { strides, padding }: Geometry): boolean {
  return ([0, 1] as const).every((axis) => {
    const length = x.shape[axis + 1]!;
    const total = Math.max((Math.ceil(length / strides[axis]) - 1) * strides[axis] + filter.shape[axis]! - length, 0);
    const before = Math.floor(total / 2);
    return padding[2 * axis] === before && padding[2 * axis + 1] === total - before;
  });
}

/** The padding without the rows and columns behind that no window reaches. */
function readPadding(x: Tensor, filter: Tensor, { strides, padding }: Geometry): Geometry['padding'] {
  const behind = ([0, 1] as const).map((axis) => {
    const [before, after] = [padding[2 * axis]!, padding[2 * axis + 1]!];
    const length = x.shape[axis + 1]!;
    const places = outputLength(length, filter.shape[axis]!, strides[axis], before + after);
    const read = (places - 1) * strides[axis] + filter.shape[axis]!;
    return Math.max(read - length - before, 0);
  });
  return [padding[0], behind[0]!, padding[2], behind[1]!];
}

function nativeUngrouped(
  native: NativeBackend,
  image: Tensor,
  weights: Tensor,
  options: OpAttribute[],
  geometry: FilterGeometry,
): Tensor {
  const convolution = tf.customGrad((...inputs: unknown[]) => {
    const [x, filter, save] = inputs as [Tensor, Tensor, tf.GradSaveFunc];
    save([x, filter]);
    const gradFunc = (dy: Tensor, saved: Tensor[]): Tensor[] => {
      const [x, filter] = saved as [Tensor, Tensor];
      return [
        native.executeSingleOutput('Conv2DBackpropInput', options, [tf.tensor1d(x.shape, 'int32'), filter, dy]),
        productPays(filter.shape, dy.shape)
          ? filterGradientByProduct(native, x, dy, filter.shape, geometry)
          : native.executeSingleOutput('Conv2DBackpropFilter', options, [x, tf.tensor1d(filter.shape, 'int32'), dy]),
      ];
    };
    return { value: native.executeSingleOutput('Conv2D', options, [x, filter]), gradFunc };
  });
  return convolution(image, weights);
}

/** (kernel height, kernel width, 1, channels) as TensorFlow's depthwise operations want it: channels before the multiplier. */
const toDepthwise = (filter: Tensor): Tensor => tf.reshape(filter, depthwiseShape(filter));
const depthwiseShape = ({ shape }: Tensor): [number, number, number, number] => [shape[0]!, shape[1]!, shape[3]!, 1];

function nativeDepthwise(native: NativeBackend, image: Tensor, weights: Tensor, options: OpAttribute[]): Tensor {
  const convolution = tf.customGrad((...inputs: unknown[]) => {
    const [x, filter, save] = inputs as [Tensor, Tensor, tf.GradSaveFunc];
    save([x, filter]);
    const gradFunc = (dy: Tensor, saved: Tensor[]): Tensor[] => {
      const [x, filter] = saved as [Tensor, Tensor];
      const shape = depthwiseShape(filter);
      const dFilter = native.executeSingleOutput('DepthwiseConv2dNativeBackpropFilter', options, [
        x,
        tf.tensor1d(shape, 'int32'),
        dy,
      ]);
      return [
        native.executeSingleOutput('DepthwiseConv2dNativeBackpropInput', options, [
          tf.tensor1d(x.shape, 'int32'),
          toDepthwise(filter),
          dy,
        ]),
        tf.reshape(dFilter, filter.shape),
      ];
    };
    return { value: native.executeSingleOutput('DepthwiseConv2dNative', options, [x, toDepthwise(filter)]), gradFunc };
  });
  return convolution(image, weights);
}

type Four = tf.Tensor4D;

const NO_PADDING = [0, 0, 0, 0] as const;

/** (kernel height, kernel width, …) with zeros between the taps. */
function spreadFilter(filter: Tensor, dilation: readonly [number, number]): Tensor {
  if (dilation[0] === 1 && dilation[1] === 1) return filter;
  const taps = tf.reshape(filter, [1, filter.shape[0]!, filter.shape[1]!, filter.shape[2]! * filter.shape[3]!]);
  const spread = spreadOut(taps, dilation);
  return tf.reshape(spread, [spread.shape[1]!, spread.shape[2]!, filter.shape[2]!, filter.shape[3]!]);
}

/** Both gradients by forward kernels alone, since the WebAssembly backend has no others. */
function portableConvolution(image: Tensor, weights: Tensor, { strides, padding }: Geometry): Tensor {
  const convolution = tf.customGrad((...inputs: unknown[]) => {
    const [x, filter, save] = inputs as [Tensor, Tensor, tf.GradSaveFunc];
    save([x, filter]);
    const value = tf.conv2d(pad(x, padding), filter as Four, [...strides], 'valid');
    const gradFunc = (dy: Tensor, saved: Tensor[]): Tensor[] => {
      const [x, filter] = saved as [Four, Four];
      return [
        inputGradient(dy as Four, filter, x.shape, { strides, padding, groups: 1 }),
        onWebGpu()
          ? filterGradientOnWebGpu(x, dy, filter.shape, { strides, padding })
          : filterGradient(dy as Four, x, filter.shape, { strides, padding, groups: 1 }),
      ];
    };
    return { value, gradFunc };
  });
  return convolution(image, weights);
}

/** A full convolution of the output's gradient, with zeros between its elements, with the turned filter. */
function inputGradient(dy: Four, filter: Four, shape: readonly number[], geometry: Geometry): Tensor {
  const { strides, padding } = geometry;
  const [kernelHeight, kernelWidth] = filter.shape;
  const spread = spreadOut(dy, strides) as Four;
  const reach = [kernelHeight - 1, kernelWidth - 1] as const;
  const turned = tf.transpose(turnHalf(filter), [0, 1, 3, 2]) as Four;
  const sides = (axis: 0 | 1): [number, number] => {
    const before = reach[axis] - padding[2 * axis]!;
    const after = shape[axis + 1]! + reach[axis] - spread.shape[axis + 1]! - before;
    return [before, after];
  };
  const full = cropOrPad(spread, sides(0), sides(1));
  return tf.conv2d(full, turned, 1, 'valid');
}

/** A filter turned by half a circle: its taps in the opposite order, which is far faster than to reverse two axes. */
function turnHalf(filter: Four): Four {
  const [height, width, inputs, outputs] = filter.shape;
  const taps = tf.reshape(filter, [height * width, inputs * outputs]);
  const backwards = Array.from({ length: height * width }, (_, tap) => height * width - 1 - tap);
  return tf.reshape(tf.gather(taps, tf.tensor1d(backwards, 'int32')), filter.shape);
}

/** Batch and channels change places, the output's gradient becomes the filter, and the stride its dilation. */
function filterGradient(dy: Four, x: Four, shape: readonly number[], geometry: Geometry): Tensor {
  const { strides, padding } = geometry;
  const images = tf.transpose(pad(x, padding), [3, 1, 2, 0]) as Four;
  const filters = tf.transpose(dy, [1, 2, 0, 3]) as Four;
  const taps = tf.conv2d(images, filters, 1, 'valid', 'NHWC', [...strides]);
  // Rows that the stride never reaches give taps too many.
  const gradient = tf.slice(taps, [0, 0, 0, 0], [-1, shape[0]!, shape[1]!, -1]);
  return tf.transpose(gradient, [1, 2, 0, 3]);
}

/** Adds zeros at the sides; a negative amount takes away. */
function cropOrPad(x: Four, rows: readonly [number, number], columns: readonly [number, number]): Four {
  const positive = (amount: number): number => Math.max(amount, 0);
  const padded = pad(x, [positive(rows[0]), positive(rows[1]), positive(columns[0]), positive(columns[1])]);
  const cuts = [...rows, ...columns].map((amount) => positive(-amount)) as [number, number, number, number];
  if (cuts.every((cut) => cut === 0)) return padded;
  const [batch, height, width, channels] = padded.shape;
  return tf.slice4d(
    padded,
    [0, cuts[0], cuts[2], 0],
    [batch, height - cuts[0] - cuts[1], width - cuts[2] - cuts[3], channels],
  );
}

/** One multiplication per tap of the filter. */
function portableDepthwise(image: Tensor, weights: Tensor, { strides, padding }: Geometry): Tensor {
  const [kernelHeight, kernelWidth] = weights.shape as [number, number];
  const window: Window = { kernel: [kernelHeight, kernelWidth], strides };
  const convolution = tf.customGrad((...inputs: unknown[]) => {
    const [x, filter, save] = inputs as [Tensor, Tensor, tf.GradSaveFunc];
    save([x, filter]);
    const padded = pad(x, padding);
    const value = tf.depthwiseConv2d(padded, toDepthwise(filter) as Four, [...strides], 'valid');
    const gradFunc = (dy: Tensor, saved: Tensor[]): Tensor[] => {
      const [x, filter] = saved as [Four, Four];
      const padded = pad(x, padding);
      const size: [number, number] = [dy.shape[1]!, dy.shape[2]!];
      let dPadded: Tensor | undefined;
      const dTaps: Tensor[] = [];
      for (let row = 0; row < kernelHeight; row++) {
        for (let column = 0; column < kernelWidth; column++) {
          const weight = tf.reshape(tf.slice(filter, [row, column, 0, 0], [1, 1, 1, -1]), [1, 1, 1, -1]);
          const part = scatterTap(tf.mul(dy, weight), [row, column], window, padded.shape);
          dPadded = dPadded ? tf.add(dPadded, part) : part;
          dTaps.push(tf.sum(tf.mul(gatherTap(padded, [row, column], window, size), dy), [0, 1, 2]));
        }
      }
      const dx = tf.slice(dPadded!, [0, padding[0], padding[2], 0], x.shape as [number, number, number, number]);
      return [dx, tf.reshape(tf.stack(dTaps), filter.shape)];
    };
    return { value, gradFunc };
  });
  return convolution(image, weights);
}
