import type { Initialiser } from '@ssl-scene/nn';

/** Normal values of mean 0. */
export function normal(deviation: number): Initialiser {
  return (random, shape) => {
    const values = new Float32Array(shape.reduce((size, length) => size * length, 1));
    random.fillNormal(values, 0, deviation);
    return values;
  };
}
