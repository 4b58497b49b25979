import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
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
import { beforeAll, describe, expect, it } from 'vitest';
import { toBfloat16 } from '../src/bfloat16.ts';
import { fuseRelu } from '../src/fusion.ts';
import type { GraphNode } from '../src/graph.ts';
import { attributes, nativeBackend } from '../src/native-backend.ts';
import { hasOwnOperations, OWN_BATCH_NORM, OWN_BATCH_NORM_GRADIENT } from '../src/own-operations.ts';
import { record } from '../src/recorder.ts';
import { available } from './backends.ts';
import { numbers, tensor } from './network.ts';

/** In double precision, from the definition. */
function exactBatchNorm(x: Float32Array, channels: number, scale: Float32Array, offset: Float32Array) {
  const rows = x.length / channels;
  const mean = new Float64Array(channels);
  const squares = new Float64Array(channels);
  for (const [at, value] of x.entries()) mean[at % channels]! += value / rows;
  for (const [at, value] of x.entries()) squares[at % channels]! += (value - mean[at % channels]!) ** 2;
  const y = Float64Array.from(x, (value, at) => {
    const channel = at % channels;
    const deviation = Math.sqrt(squares[channel]! / rows + 1e-5);
    return ((value - mean[channel]!) / deviation) * scale[channel]! + offset[channel]!;
  });
  return { y, mean, variance: squares.map((sum) => sum / (rows - 1)) };
}

function largestError(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  let largest = 0;
  for (let at = 0; at < expected.length; at++) largest = Math.max(largest, Math.abs(expected[at]! - found[at]!));
  return largest;
}

const isNative = available.includes('native');

describe.skipIf(!isNative)('own operations (need the native backend)', () => {
  beforeAll(async () => {
    await useBackend({ backend: 'native' });
  });

  it('are in the binding that this package’s installer made', () => {
    expect(hasOwnOperations(nativeBackend()!)).toBe(true);
  });

  // Widths that fill vectors, that are laid side by side, that leave rests, and rows that no fold divides.
  it.each([
    [[16, 9, 9, 64], 0],
    [[6, 8, 8, 16], 0],
    [[3, 5, 7, 16], 0],
    [[5, 3, 3, 1], 0],
    [[4, 3, 5, 100], 0],
    [[2, 2, 2, 2048], 0],
    [[200, 10, 10, 24], 0],
    // A mean of a thousand deviations costs no digits beyond those that the values have lost.
    [[64, 16, 16, 16], 1000],
  ])('normalise %j around %d as double precision does', (shape, around) => {
    const channels = shape[3]!;
    const values = numbers(
      shape.reduce((a, b) => a * b),
      5,
    ).map((value) => value + around);
    const scale = numbers(channels, 6).map((value) => value + 1.5);
    const offset = numbers(channels, 7);
    const exact = exactBatchNorm(values, channels, scale, offset);
    const { y, mean, variance } = batchNormTrain(tf.tensor(values, shape), tf.tensor1d(scale), tf.tensor1d(offset));
    expect(largestError(y.dataSync(), exact.y)).toBeLessThan(around === 0 ? 4e-6 : 4e-4);
    expect(largestError(mean.dataSync(), exact.mean)).toBeLessThan(around === 0 ? 2e-7 : 1e-4);
    expect(largestError(variance.dataSync(), exact.variance)).toBeLessThan(around === 0 ? 2e-6 : 1e-5);
  });

  it('name what does not fit', () => {
    const native = nativeBackend()!;
    const options = attributes(native, {
      T: { type: 'float32' },
      epsilon: { float: 1e-5 },
      relu: false,
      sides: 0,
      groups: 1,
    });
    const run = () =>
      native.executeMultipleOutputs(OWN_BATCH_NORM, options, [tf.ones([4, 3]), tf.ones([2]), tf.zeros([3])], 5);
    expect(run).toThrow(/expected a value for each of 3 channels, found 2/);
  });

  it('pass NaN on, rectified or not', () => {
    const x = tf.tensor2d([1, 2, Number.NaN, 4, 5, 6], [3, 2]);
    const run = jit((x: Tensor) => relu(batchNormTrain(x, tf.ones([2]), tf.zeros([2])).y));
    expect(Array.from(run(x).dataSync(), Number.isNaN)).toEqual([true, false, true, false, true, false]);
  });

  describe('in bfloat16', () => {
    /** Through a tensor in bfloat16 and back. */
    function narrow(op: string, inputs: Float32Array[]): Float32Array {
      const { binding } = nativeBackend()!;
      const cast = (id: number, from: number, to: number): number => {
        const [SrcT, DstT] = [from, to].map((value, place) => ({
          name: place === 0 ? 'SrcT' : 'DstT',
          type: binding.TF_ATTR_TYPE,
          value,
        }));
        return binding.executeOp('Cast', [SrcT!, DstT!], [id], 1)[0]!.id;
      };
      const ids = inputs.map((values) => cast(binding.createTensor([values.length], 1, values), 1, 14));
      const T = { name: 'T', type: binding.TF_ATTR_TYPE, value: 14 };
      const result = binding.executeOp(op, [T], ids, 1)[0]!.id;
      return binding.tensorDataSync(cast(result, 14, 1)) as Float32Array;
    }
    // Enough for several threads, and a rest of a vector.
    const a = numbers(200_003, 1).map((value) => value * 100);
    const b = numbers(200_003, 2);
    a.set([0, -0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN, 1e-30, 3e38, 1]);
    b.set([-0, -0, Number.NEGATIVE_INFINITY, 1, 1, 1e-30, 3e38, 2 ** -9]);

    it.each([
      ['SslSceneAdd', 'AddV2', [a, b]],
      ['SslSceneRelu', 'Relu', [a]],
      ['SslSceneReluGrad', 'ReluGrad', [b, a.map((value) => (Number.isNaN(value) ? 1 : Math.max(value, 0)))]],
    ] as const)('%s gives what TensorFlow’s %s gives', (own, theirs, inputs) => {
      const [found, expected] = [own, theirs].map((op) => narrow(op, [...inputs]));
      const differing = Array.from(found!.keys()).filter(
        (at) => !(found![at] === expected![at] || (Number.isNaN(found![at]!) && Number.isNaN(expected![at]!))),
      );
      expect(differing).toEqual([]);
    });
  });

  describe('take in what follows them', () => {
    const SHAPE = [4, 6, 6, 8];

    /** A residual block: normalised twice, with a ReLU between and one after the sum. */
    function block(x: Tensor, params: TensorDict): Tensor {
      const first = relu(batchNormTrain(x, params.scale!, params.offset!).y);
      const second = batchNormTrain(first, params.offset!, params.scale!).y;
      return relu(tf.add(second, x));
    }

    const params = (): TensorDict => ({ scale: tensor([8], 2), offset: tensor([8], 3) });
    const gradients = (x: Tensor, params: TensorDict) => {
      const { loss, grads } = valueAndGrad(
        ({ x, ...rest }) => ({ loss: tf.sum(tf.mul(block(x!, rest), tensor(SHAPE, 4))) }),
        { x, ...params },
      );
      return { loss, ...grads };
    };

    function operations(fn: (x: Tensor) => Tensor[]): { before: string[]; after: GraphNode[]; narrow: GraphNode[] } {
      const recorded = record(nativeBackend()!, ([x]) => fn(x!), [tensor(SHAPE, 1)]);
      const fused = fuseRelu(recorded, recorded.shapeOf);
      const narrow = toBfloat16(fused, { shapeOf: recorded.shapeOf, own: true });
      return { before: recorded.nodes.map(({ op }) => op), after: [...fused.nodes], narrow: narrow.nodes };
    }
    const count = (ops: readonly string[], op: string): number => ops.filter((name) => name === op).length;

    it('both kinds of ReLU, the sum, and the gradient of the plain one', () => {
      const values = params();
      const { before, after } = operations((x) => Object.values(gradients(x, values)));
      const ops = after.map(({ op }) => op);
      expect([count(before, 'Relu'), count(before, 'ReluGrad')]).toEqual([2, 2]);
      expect([count(ops, 'Relu'), count(ops, 'ReluGrad')]).toEqual([0, 1]);
      expect(count(ops, 'Add')).toBe(count(before, 'Add') - 1);
      const norms = after
        .filter(({ op }) => op === OWN_BATCH_NORM)
        .map(({ inputs, attributes }) => [inputs.length, attributes.relu!.value]);
      expect(norms).toEqual([
        [3, true],
        [4, true],
      ]);
      const rectified = after
        .filter(({ op }) => op === OWN_BATCH_NORM_GRADIENT)
        .map(({ attributes }) => attributes.relu!.value);
      expect(rectified.sort()).toEqual([false, true]);
    });

    it('nothing that something else looks at', () => {
      const { scale, offset } = params();
      const normalised = (x: Tensor): Tensor => batchNormTrain(x, scale!, offset!).y;
      const cases: ((x: Tensor) => Tensor[])[] = [
        (x) => {
          const y = normalised(x);
          return [relu(y), y];
        },
        (x) => {
          const sum = tf.add(normalised(x), x);
          return [relu(sum), tf.square(sum)];
        },
        (x) => [relu(tf.add(normalised(x), tensor([8], 5)))],
        (x) => [relu(tf.mul(normalised(x), 2))],
      ];
      for (const fn of cases) {
        const { before, after } = operations(fn);
        expect(after.map(({ op }) => op)).toEqual(before);
      }
    });

    it('in bfloat16 sums of one shape and what ReLU is left are own operations, other sums TensorFlow’s', () => {
      const { scale, offset } = params();
      const normalised = (x: Tensor): Tensor => batchNormTrain(x, scale!, offset!).y;
      const { narrow } = operations((x) => {
        const sum = tf.add(tf.add(normalised(x), normalised(x)), tf.relu(tensor([8], 5)));
        return [relu(sum), sum];
      });
      const ops = narrow.map(({ op }) => op).filter((op) => /Add|Relu/.test(op));
      expect(ops).toEqual(['SslSceneAdd', 'Add', 'Relu']);
    });

    it('and give the same values and gradients as one after the other, and as plain JavaScript', async () => {
      const of = (run: typeof gradients): number[][] =>
        Object.values(run(tensor(SHAPE, 1), params())).map((values) => [...values.dataSync()]);
      const [graph, eager] = [jit(gradients), jit(gradients, { mode: 'eager' })].map((run) =>
        of(run as typeof gradients),
      );
      await useBackend({ backend: 'cpu' });
      const reference = of(gradients);
      await useBackend({ backend: 'native' });
      graph!.forEach((values, index) => {
        expect(largestError(values, reference[index]!)).toBeLessThan(5e-5);
        expect(largestError(eager![index]!, reference[index]!)).toBeLessThan(5e-5);
      });
    });
  });

  it.skipIf(process.platform !== 'linux' || availableParallelism() === 1)(
    'give the same bits for any number of threads (needs Linux and two processors)',
    () => {
      const program = fileURLToPath(new URL('batch-norm-bits.ts', import.meta.url));
      const node = [process.execPath, '--conditions=@ssl-scene/source', '--import=tsx', program];
      const [all, one] = [node, ['taskset', '-c', '0', ...node]].map(([command, ...args]) =>
        execFileSync(command!, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }),
      );
      expect(all).toMatch(/^\d+ threads: [0-9a-f]{64}\n$/);
      expect(one).toMatch(/^1 threads: /);
      expect(all!.split(': ')[1]).toBe(one!.split(': ')[1]);
    },
  );
});
