import { linear } from '@ssl-scene/tensors';
import { checkCounts } from './check.ts';
import { defaultWeight, type Initialiser, uniform } from './initialisers.ts';
import { type Module, type ParameterSpec, parameter } from './module.ts';

export interface LinearLayerOptions {
  /** Features of the input. */
  readonly in: number;
  /** Features of the output. */
  readonly out: number;
  /** Whether a bias is added. Default true. */
  readonly bias?: boolean;
  /** Values of a fresh weight. Default PyTorch's: uniform in ±1 / √in. */
  readonly initialise?: Initialiser;
  /** Values of a fresh bias. Default PyTorch's: uniform in ±1 / √in. */
  readonly initialiseBias?: Initialiser;
}

/** Affine map of (N, in) to (N, out); parameters `name.weight` and `name.bias`. */
export function linearLayer(name: string, options: LinearLayerOptions): Module {
  const { bias = true, initialise = defaultWeight } = options;
  const { initialiseBias = uniform(1 / Math.sqrt(options.in)) } = options;
  checkCounts(`linearLayer ${name}`, { in: options.in, out: options.out });
  const weight: ParameterSpec = {
    name: `${name}.weight`,
    shape: [options.in, options.out],
    kind: 'linear-weight',
    initialise,
  };
  const offset: ParameterSpec = {
    name: `${name}.bias`,
    shape: [options.out],
    kind: 'bias',
    initialise: initialiseBias,
  };
  return {
    parameters: bias ? [weight, offset] : [weight],
    buffers: [],
    apply(variables, x) {
      return linear(x, parameter(variables, weight.name), bias ? parameter(variables, offset.name) : undefined);
    },
  };
}
