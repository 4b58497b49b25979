import { conv2d, probeKernels, type Tensor, tf, useBackend } from '@ssl-scene/tensors';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasWebGpu } from './backends.ts';
import { numbers, tensor } from './network.ts';

interface Opened {
  readonly device: {
    readonly limits: { readonly maxBufferSize: number };
    createBuffer(descriptor: { readonly size: number; readonly usage: number }): unknown;
  };
}

// Where this is skipped, kernels, gradients and jit are not tested on WebGPU either.
describe.skipIf(!hasWebGpu)('WebGPU (needs the package webgpu and a GPU, or a driver that stands in for one)', () => {
  beforeAll(async () => {
    await useBackend({ backend: 'webgpu' });
    // Else tfjs computes small tensors on the processor, and that is what these tests would see.
    tf.env().set('WEBGPU_CPU_FORWARD', false);
  });
  afterAll(() => {
    tf.env().set('WEBGPU_CPU_FORWARD', true);
  });

  it('describes the GPU, the same however often it is asked for', async () => {
    const first = await useBackend({ backend: 'webgpu' });
    expect(first.description).toMatch(/^WebGPU on \S/);
    expect(await useBackend({ backend: 'webgpu' })).toEqual(first);
  });

  it.each(['float32', 'int32', 'bool'] as const)('reads %s values alike with and without waiting', async (type) => {
    const values = Array.from({ length: 5000 }, (_, index) => (type === 'bool' ? index % 2 : index));
    const x = tf.tensor1d(values, type);
    const [one, other] = [tf.tile(x, [2]), tf.tile(x, [2])];
    const waited = one.dataSync();
    expect(waited).toEqual(await other.data());
    expect([...waited.slice(5000)]).toEqual(values);
  });

  it('reads while other readings are under way', async () => {
    const tensors = Array.from({ length: 10 }, (_, index) => tf.fill([1000], index));
    const coming = tensors.slice(0, 5).map((tensor) => tf.square(tensor).data());
    const here = tensors.slice(5).map((tensor) => tf.square(tensor).dataSync()[999]);
    expect(here).toEqual([25, 36, 49, 64, 81]);
    expect((await Promise.all(coming)).map((values) => values[0])).toEqual([0, 1, 4, 9, 16]);
  });

  it('T03: the probe finds every kernel working without help of the processor', () => {
    expect(probeKernels().filter(({ failure }) => failure)).toEqual([]);
  });

  it('adds more tensors than a shader may see', () => {
    const before = tf.memory().numTensors;
    tf.tidy(() => {
      const terms = Array.from({ length: 60 }, (_, index) => tf.fill([3, 2], index));
      expect([...tf.addN(terms).dataSync()]).toEqual(Array(6).fill((59 * 60) / 2));
    });
    expect(tf.memory().numTensors).toBe(before);
  });

  it.each([
    { rows: 40, columns: 10, transpose: true },
    { rows: 20, columns: 33, transpose: false },
  ])('multiplies long and narrow matrices to the same bits every time: %o', ({ rows, columns, transpose }) => {
    const terms = 5000;
    const run = (): Float32Array =>
      tf.tidy(() => {
        const a = tensor(transpose ? [terms, rows] : [rows, terms], 1);
        return tf.matMul(a, tensor([terms, columns], 2), transpose).dataSync<'float32'>();
      });
    const first = run();
    for (let again = 0; again < 5; again++) expect(run()).toEqual(first);
    const a = numbers(terms * rows, 1);
    const b = numbers(terms * columns, 2);
    const last = { row: rows - 1, column: columns - 1 };
    let want = 0;
    for (let term = 0; term < terms; term++) {
      const left = transpose ? a[term * rows + last.row]! : a[last.row * terms + term]!;
      want += left * b[term * columns + last.column]!;
    }
    expect(Math.abs(first.at(-1)! - want)).toBeLessThan(1e-3);
  });

  it.each([
    { what: 'narrow', filter: [3, 3, 5, 7], strides: 1, padding: 1 },
    { what: 'wide, stride 2', filter: [3, 3, 33, 70], strides: 2, padding: 1 },
    { what: 'one tap, stride 2', filter: [1, 1, 20, 30], strides: 2, padding: 0 },
    { what: 'uneven', filter: [2, 5, 3, 18], strides: [3, 2], padding: [1, 0, 2, 1] },
  ] as const)(
    'gives filters the gradient that the processor gives them: $what',
    async ({ filter, strides, padding }) => {
      const gradients = async (backend: 'webgpu' | 'cpu'): Promise<Float32Array> => {
        await useBackend({ backend });
        const [x, w] = [tensor([3, 23, 22, filter[2]], 5), tensor([...filter], 6)];
        const convolve = (weights: Tensor): Tensor => conv2d(x, weights, { strides, padding });
        const up = tensor(convolve(w).shape, 7);
        return tf
          .grad((weights) => tf.sum(tf.mul(convolve(weights), up)))(w)
          .dataSync<'float32'>();
      };
      const want = await gradients('cpu');
      const got = await gradients('webgpu');
      got.forEach((value, index) => {
        expect(Math.abs(value - want[index]!)).toBeLessThan(2e-4);
      });
      expect(await gradients('webgpu')).toEqual(got);
    },
  );

  it('throws at the next reading what the GPU refused, once', async () => {
    const { device } = tf.backend() as unknown as Opened;
    const refuse = (): unknown => device.createBuffer({ size: 2 * device.limits.maxBufferSize, usage: 128 });
    const read = (): unknown => tf.square(tf.tensor1d([3])).dataSync()[0];
    refuse();
    expect(read).toThrow(/GPU_FAILED.*size/s);
    expect(read()).toBe(9);
    refuse();
    await expect(tf.square(tf.tensor1d([3])).data()).rejects.toThrow(/GPU_FAILED.*size/s);
  });
});

describe.skipIf(hasWebGpu)('without WebGPU (needs a machine that has none)', () => {
  it('says what is missing and how to get it', async () => {
    await expect(useBackend({ backend: 'webgpu' })).rejects.toThrow(
      /BACKEND_UNAVAILABLE.*webgpu: .*(npm install|driver)/s,
    );
  });
});
