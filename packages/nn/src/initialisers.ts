import type { RandomStream } from '@ssl-scene/random';

/** Values of a fresh tensor whose shape is that in memory. */
export type Initialiser = (random: RandomStream, shape: readonly number[]) => Float32Array;

/** Number of inputs that reach an output (`in`), and of outputs that an input reaches (`out`), as PyTorch counts them. */
export function fans(shape: readonly number[]): { readonly in: number; readonly out: number } {
  const places = product(shape.slice(0, -2));
  return { in: places * shape.at(-2)!, out: places * shape.at(-1)! };
}

/**
 * He's normal distribution for layers followed by ReLU: standard deviation √(2 / fan).
 *
 * @param mode `fan-out` (torchvision's ResNets; the default) or `fan-in` (OpenSelfSup).
 */
export function kaimingNormal(mode: 'fan-out' | 'fan-in' = 'fan-out'): Initialiser {
  return (random, shape) => {
    const { in: fanIn, out: fanOut } = fans(shape);
    const values = new Float32Array(product(shape));
    random.fillNormal(values, 0, Math.sqrt(2 / (mode === 'fan-in' ? fanIn : fanOut)));
    return values;
  };
}

/** Uniform in [-bound, bound). */
export function uniform(bound: number): Initialiser {
  return (random, shape) => {
    const values = new Float32Array(product(shape));
    random.fillUniform(values, -bound, bound);
    return values;
  };
}

/** PyTorch's default for weights: uniform in ±1 / √fan-in. */
export const defaultWeight: Initialiser = (random, shape) => uniform(1 / Math.sqrt(fans(shape).in))(random, shape);

/** Every element the same. */
export function constant(value: number): Initialiser {
  return (_random, shape) => new Float32Array(product(shape)).fill(value);
}

function product(lengths: readonly number[]): number {
  return lengths.reduce((total, length) => total * length, 1);
}
