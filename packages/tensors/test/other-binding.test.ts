import { afterAll, describe, expect, it, vi } from 'vitest';
import type { Tensor, TensorDict } from '../src/tensor.ts';
import { available } from './backends.ts';
import { numbers } from './network.ts';

const SHAPE = [4, 5, 6, 8];

/** Modules of their own, for which the binding holds none of our own operations. */
async function modulesWithoutOwnOperations() {
  vi.resetModules();
  vi.doMock('../src/own-operations.ts', async (original) => ({
    ...(await original<typeof import('../src/own-operations.ts')>()),
    hasOwnOperations: () => false,
  }));
  const [{ useBackend }, { batchNormTrain }, { jit }, { valueAndGrad }, { tf }] = await Promise.all([
    import('../src/backend.ts'),
    import('../src/batch-norm.ts'),
    import('../src/jit.ts'),
    import('../src/gradient.ts'),
    import('../src/tensor.ts'),
  ]);
  return { useBackend, batchNormTrain, jit, valueAndGrad, tf };
}

describe.skipIf(!available.includes('native'))(
  'a native binding made by something else (needs the native backend)',
  () => {
    afterAll(() => {
      vi.doUnmock('../src/own-operations.ts');
      vi.resetModules();
    });

    it.each([1, 2])('normalises in %d groups as plain JavaScript does, recorded too', async (groups) => {
      const { useBackend, batchNormTrain, jit, valueAndGrad, tf } = await modulesWithoutOwnOperations();
      const tensor = (shape: number[], seed: number): Tensor =>
        tf.tensor(numbers(tf.util.sizeFromShape(shape), seed), shape);
      const inputs = (): TensorDict => ({ x: tensor(SHAPE, 1), scale: tensor([8], 2), offset: tensor([8], 3) });
      const gradients = (inputs: TensorDict): TensorDict => {
        const { loss, grads, aux } = valueAndGrad(({ x, scale, offset }) => {
          const { y, mean, variance } = batchNormTrain(x!, scale!, offset!, 1e-5, groups);
          return { loss: tf.sum(tf.mul(tf.relu(tf.add(y, x!)), tensor(SHAPE, 4))), aux: { mean, variance } };
        }, inputs);
        return { loss, ...grads, ...(aux as TensorDict) };
      };
      const values = (tensors: TensorDict): [string, number[]][] =>
        Object.entries(tensors).map(([name, value]) => [name, [...value.dataSync()]]);

      const { description } = await useBackend({ backend: 'native' });
      expect(description).toContain('`ssl-scene native install` brings it');
      const found = [gradients, jit(gradients)].map((run) => values(run(inputs())));
      const given = inputs();
      const before = tf.memory().numTensors;
      tf.dispose(gradients(given));
      expect(tf.memory().numTensors).toBe(before);
      const narrow = values(jit(gradients, { precision: 'bfloat16' })(inputs()));
      await useBackend({ backend: 'cpu' });
      const expected = values(gradients(inputs()));
      for (const results of found) {
        results.forEach(([name, numbers], index) => {
          numbers.forEach((number, at) => {
            expect(number, name).toBeCloseTo(expected[index]![1][at]!, 3);
          });
        });
      }
      expect(narrow.map(([name]) => name)).toEqual(expected.map(([name]) => name));
      expect(narrow[0]![1][0]).toBeCloseTo(expected[0]![1][0]!, -1);
    });
  },
);
