import { type ConvolutionOptions, conv2d, type Padding, tf } from '@ssl-scene/tensors';
import { checkCounts } from './check.ts';
import { defaultWeight, fans, type Initialiser, uniform } from './initialisers.ts';
import { type Module, type ParameterSpec, parameter } from './module.ts';

export interface ConvolutionLayerOptions {
  /** Channels of the input. */
  readonly in: number;
  /** Channels of the output. */
  readonly out: number;
  /** Side of the filter, or [height, width]. */
  readonly kernel: number | readonly [number, number];
  /** Step of the filter. Default 1. */
  readonly stride?: number | readonly [number, number];
  /** Zeros on each side. Default 0. */
  readonly padding?: Padding;
  /** Distance between taps. Default 1. */
  readonly dilation?: number;
  /** Groups of channels that are convolved apart. Default 1. */
  readonly groups?: number;
  /** Whether a bias is added, as PyTorch does by default. Default true. */
  readonly bias?: boolean;
  /** Values of a fresh filter. Default PyTorch's: uniform in ±1 / √fan-in. */
  readonly initialise?: Initialiser;
}

/** Convolution of (N, H, W, in) to (N, H', W', out); parameters `name.weight` and `name.bias`. */
export function conv(name: string, options: ConvolutionLayerOptions): Module {
  const { kernel, stride = 1, padding = 0, dilation = 1, groups = 1, bias = true } = options;
  const [height, width] = typeof kernel === 'number' ? [kernel, kernel] : kernel;
  checkCounts(`conv ${name}`, { in: options.in, out: options.out, height, width, dilation, groups });
  const shape = [height, width, options.in / groups, options.out];
  const weight: ParameterSpec = {
    name: `${name}.weight`,
    shape,
    kind: 'conv-weight',
    initialise: options.initialise ?? defaultWeight,
  };
  const offset: ParameterSpec = {
    name: `${name}.bias`,
    shape: [options.out],
    kind: 'bias',
    initialise: uniform(1 / Math.sqrt(fans(shape).in)),
  };
  const geometry: ConvolutionOptions = { strides: stride, padding, dilation, groups };
  return {
    parameters: bias ? [weight, offset] : [weight],
    buffers: [],
    apply(variables, x) {
      const y = conv2d(x, parameter(variables, weight.name), geometry);
      return bias ? tf.add(y, parameter(variables, offset.name)) : y;
    },
  };
}
