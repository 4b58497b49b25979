import {
  batchNormTrain,
  jit,
  relu,
  type Tensor,
  type TensorDict,
  tf,
  useBackend,
  valueAndGrad,
} from '@ssl-scene/tensors';
import { describe, expect, it, vi } from 'vitest';
import { available } from './backends.ts';
import { tensor } from './network.ts';

// What a binding without our own operations must do as well.
vi.mock('../src/own-operations.ts', async (original) => ({
  ...(await original<typeof import('../src/own-operations.ts')>()),
  hasOwnOperations: () => false,
}));

const SHAPE = [4, 5, 6, 8];

function gradients(inputs: TensorDict, groups: number): TensorDict {
  const { loss, grads, aux } = valueAndGrad(({ x, scale, offset }) => {
    const { y, mean, variance } = batchNormTrain(x!, scale!, offset!, 1e-5, groups);
    return { loss: tf.sum(tf.mul(relu(tf.add(y, x!)), tensor(SHAPE, 4))), aux: { mean, variance } };
  }, inputs);
  return { loss, ...grads, ...(aux as TensorDict) };
}

const inputs = (): TensorDict => ({ x: tensor(SHAPE, 1), scale: tensor([8], 2), offset: tensor([8], 3) });

const values = (tensors: TensorDict): [string, number[]][] =>
  Object.entries(tensors).map(([name, value]: [string, Tensor]) => [name, [...value.dataSync()]]);

describe.skipIf(!available.includes('native'))(
  'a native binding made by something else (needs the native backend)',
  () => {
    it.each([1, 2])('normalises in %d groups as plain JavaScript does, recorded too', async (groups) => {
      const { description } = await useBackend({ backend: 'native' });
      expect(description).toContain('`ssl-scene native install` brings it');
      const found = [gradients, jit(gradients)].map((run) => values(run(inputs(), groups)));
      const narrow = values(jit(gradients, { precision: 'bfloat16' })(inputs(), groups));
      await useBackend({ backend: 'cpu' });
      const expected = values(gradients(inputs(), groups));
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
