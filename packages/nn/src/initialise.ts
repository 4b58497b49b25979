import { SceneError } from '@ssl-scene/errors';
import { randomStream } from '@ssl-scene/random';
import { type Tensor, tf } from '@ssl-scene/tensors';
import type { BufferSpec, ParameterSpec, Specs, Variables } from './module.ts';

/**
 * Variables of a fresh network. Every parameter has a stream of random numbers of its own, keyed by the seed and its
 * name, so that adding a layer changes no other one.
 *
 * @param seed a whole number from 0.
 * @throws SceneError where two tensors have the same name.
 */
export function initialise(module: Specs, seed: number): Variables {
  checkNames(module);
  return {
    params: Object.fromEntries(module.parameters.map((spec) => [spec.name, freshParameter(spec, seed)])),
    buffers: Object.fromEntries(module.buffers.map((spec) => [spec.name, freshBuffer(spec)])),
  };
}

/** A parameter's value in a fresh network. */
export function freshParameter(spec: ParameterSpec, seed: number): Tensor {
  const values = spec.initialise(randomStream(seed, 'initialise', spec.name), spec.shape);
  return tf.tensor(values, [...spec.shape]);
}

/** A buffer's value in a fresh network. */
export function freshBuffer({ shape, value, dtype }: BufferSpec): Tensor {
  return tf.fill([...shape], value, dtype);
}

function checkNames({ parameters, buffers }: Specs): void {
  const seen = new Set<string>();
  for (const { name } of [...parameters, ...buffers]) {
    if (seen.has(name)) {
      throw new SceneError({
        code: 'DUPLICATE_NAME',
        expected: 'a name of its own for every parameter and buffer',
        found: `${JSON.stringify(name)} twice`,
        where: 'initialise',
        fix: 'Give each layer another name, for example by `prefixed`.',
      });
    }
    seen.add(name);
  }
}
