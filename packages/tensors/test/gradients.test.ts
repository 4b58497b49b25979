import {
  avgPool2d,
  batchNormEval,
  batchNormTrain,
  conv2d,
  gelu,
  globalAvgPool,
  l2Normalize,
  linear,
  logSoftmax,
  logSumExp,
  maxPool2d,
  probeKernels,
  relu,
  resizeBilinear,
  softmax,
  type Tensor,
  tf,
  useBackend,
  valueAndGrad,
} from '@ssl-scene/tensors';
import { beforeAll, describe, expect, it } from 'vitest';
import { available } from './backends.ts';
import { numbers, tensor } from './network.ts';

const IMAGE = [2, 5, 6, 4];

/** Every kernel as a function of its inputs, with their shapes. */
const KERNELS: Record<string, { fn: (...inputs: Tensor[]) => Tensor; shapes: number[][] }> = {
  'conv2d, asymmetric padding': {
    fn: (x, w) => conv2d(x!, w!, { padding: [1, 0, 2, 1] }),
    shapes: [IMAGE, [3, 2, 4, 3]],
  },
  'conv2d, stride and groups': {
    fn: (x, w) => conv2d(x!, w!, { strides: [2, 1], padding: 1, groups: 2 }),
    shapes: [IMAGE, [3, 3, 2, 6]],
  },
  'conv2d, dilation': { fn: (x, w) => conv2d(x!, w!, { padding: 2, dilation: 2 }), shapes: [IMAGE, [3, 3, 4, 2]] },
  'conv2d, depthwise': {
    fn: (x, w) => conv2d(x!, w!, { strides: 2, padding: 1, groups: 4 }),
    shapes: [IMAGE, [3, 3, 1, 4]],
  },
  'batchNormTrain of images': { fn: (x, g, b) => batchNormTrain(x!, g!, b!).y, shapes: [IMAGE, [4], [4]] },
  'batchNormTrain in groups': {
    fn: (x, g, b) => batchNormTrain(x!, g!, b!, 1e-5, 2).y,
    shapes: [[4, 3, 5, 4], [4], [4]],
  },
  'batchNormTrain of rows': { fn: (x, g, b) => batchNormTrain(x!, g!, b!).y, shapes: [[7, 4], [4], [4]] },
  batchNormEval: {
    fn: (x, g, b) => batchNormEval(x!, tf.tensor1d([0.1, 0, 0.2, 0]), tf.tensor1d([1, 2, 0.5, 1]), g!, b!),
    shapes: [IMAGE, [4], [4]],
  },
  maxPool2d: { fn: (x) => maxPool2d(x!, { kernel: 3, stride: 2, padding: 1 }), shapes: [IMAGE] },
  avgPool2d: { fn: (x) => avgPool2d(x!, { kernel: 3, stride: 2, padding: 1, countPadding: false }), shapes: [IMAGE] },
  globalAvgPool: { fn: (x) => globalAvgPool(x!), shapes: [IMAGE] },
  linear: {
    fn: (x, w, b) => linear(x!, w!, b),
    shapes: [[3, 4], [4, 5], [5]],
  },
  resizeBilinear: { fn: (x) => resizeBilinear(x!, [7, 4]), shapes: [IMAGE] },
  // The square with sign makes the kink smooth, which finite differences need.
  relu: { fn: (x) => relu(tf.mul(x!, tf.abs(x!))), shapes: [[3, 5]] },
  gelu: { fn: (x) => gelu(x!), shapes: [[3, 5]] },
  softmax: { fn: (x) => softmax(x!), shapes: [[3, 5]] },
  logSoftmax: { fn: (x) => logSoftmax(x!), shapes: [[3, 5]] },
  logSumExp: { fn: (x) => logSumExp(x!, 0), shapes: [[3, 5]] },
  l2Normalize: { fn: (x) => l2Normalize(x!), shapes: [[3, 5]] },
};

describe.each(available)('gradients on %s', (backend) => {
  beforeAll(async () => {
    await useBackend({ backend });
  });

  it.each(Object.keys(KERNELS))('%s: equal finite differences along a random direction, and keep no tensor', (name) => {
    const { fn, shapes } = KERNELS[name]!;
    const before = tf.memory().numTensors;
    tf.tidy(() => {
      const inputs = shapes.map((shape, index) => tensor(shape, 20 + index));
      const up = tensor(fn(...inputs).shape, 40);
      const value = (args: Tensor[]): number => {
        // Summed in double precision: the difference of two float32 sums would drown in rounding.
        const [outputs, weights] = [fn(...args).dataSync<'float32'>(), up.dataSync<'float32'>()];
        return outputs.reduce((sum, output, index) => sum + output * weights[index]!, 0);
      };
      const grads = tf.grads((...args: Tensor[]) => tf.sum(tf.mul(fn(...args), up)) as tf.Scalar)(inputs);
      const step = 2e-3;
      inputs.forEach((input, position) => {
        const direction = numbers(input.size, 60 + position);
        const moved = (sign: number): Tensor[] =>
          inputs.map((other, index) =>
            index === position
              ? tf.add(
                  other,
                  tf.tensor(
                    direction.map((d) => d * step * sign),
                    other.shape,
                  ),
                )
              : other,
          );
        const numeric = (value(moved(1)) - value(moved(-1))) / (2 * step);
        const exact = grads[position]!.dataSync<'float32'>().reduce((sum, g, index) => sum + g * direction[index]!, 0);
        expect(Math.abs(numeric - exact), `input ${position}: ${numeric} against ${exact}`).toBeLessThan(
          4e-3 * Math.max(1, Math.abs(exact)),
        );
      });
    });
    expect(tf.memory().numTensors).toBe(before);
  });

  it.each([[[8, 5, 5, 16]], [[8, 3, 3, 24]], [[4, 1, 1, 70]], [[6, 5]]])(
    'batchNormTrain of %j in groups is that of each alone, its statistics their mean',
    (shape) => {
      tf.tidy(() => {
        const channels = shape.at(-1)!;
        const [x, scale, offset] = [tensor(shape, 1), tensor([channels], 2), tensor([channels], 3)];
        const groups = shape[0]! / 2;
        const together = batchNormTrain(x, scale, offset, 1e-5, groups);
        const alone = tf.split(x, groups, 0).map((part) => batchNormTrain(part, scale, offset));
        const expectEqual = (found: Tensor, expected: Tensor): void => {
          expect(found.shape).toEqual(expected.shape);
          expect(tf.max(tf.abs(tf.sub(found, expected))).dataSync()[0]).toBeLessThan(2e-6);
        };
        expectEqual(together.y, tf.concat(alone.map(({ y }) => y)));
        for (const statistic of ['mean', 'variance'] as const) {
          expectEqual(together[statistic], tf.mean(tf.stack(alone.map((part) => part[statistic])), 0) as Tensor);
        }
      });
    },
  );

  it('T03: the probe finds every kernel working', () => {
    const results = probeKernels();
    expect(results.length).toBeGreaterThan(8);
    expect(results.filter(({ failure }) => failure)).toEqual([]);
  });

  it('L01: l2Normalize of a zero row is zero with a finite gradient', () => {
    const x = tf.tensor2d([
      [0, 0],
      [3, 4],
    ]);
    const gradient = tf.grad(
      (t) =>
        tf.sum(
          tf.mul(
            l2Normalize(t),
            tf.tensor2d([
              [1, 2],
              [1, 2],
            ]),
          ),
        ) as tf.Scalar,
    )(x);
    expect([...gradient.dataSync()].every(Number.isFinite)).toBe(true);
    expect([...l2Normalize(x).dataSync().slice(0, 2)]).toEqual([0, 0]);
  });

  it('L02: logSumExp and logSoftmax stay finite where exponentials overflow', () => {
    const x = tf.tensor2d([
      [1e4, 0],
      [-1e4, -1e4],
    ]);
    expect([...logSumExp(x).dataSync()]).toEqual([1e4, Math.fround(-1e4 + Math.LN2)]);
    expect([...logSoftmax(x).dataSync()].every(Number.isFinite)).toBe(true);
  });

  it('valueAndGrad names parameters that the loss does not reach and hands aux through', () => {
    const params = { used: tf.tensor1d([1, 2]), idle: tf.tensor1d([3]) };
    const before = tf.memory().numTensors;
    const { loss, aux, grads, unreached } = valueAndGrad(({ used }) => {
      const squares = tf.square(used!);
      return { loss: tf.sum(squares), aux: { squares, input: used!, count: 2 } };
    }, params);
    expect(loss.dataSync()[0]).toBe(5);
    expect([...aux.squares.dataSync()]).toEqual([1, 4]);
    expect([...aux.input.dataSync()]).toEqual([1, 2]);
    expect(aux.count).toBe(2);
    expect([...grads.used!.dataSync()]).toEqual([2, 4]);
    expect(unreached).toEqual(['idle']);
    expect(tf.memory().numTensors - before).toBe(4);
  });

  it('valueAndGrad refuses a loss that is no scalar', () => {
    expect(() => valueAndGrad(({ x }) => ({ loss: tf.square(x!) }), { x: tf.tensor1d([1, 2]) })).toThrow(
      /LOSS_NOT_SCALAR.*\[2\]/,
    );
  });

  it('refuses shapes that do not fit, saying what was expected', () => {
    expect(() => conv2d(tf.zeros([1, 4, 4, 3]), tf.zeros([3, 3, 2, 8]))).toThrow(/CONVOLUTION_SHAPE.*3 input channels/);
    expect(() => conv2d(tf.zeros([1, 2, 2, 3]), tf.zeros([3, 3, 3, 8]))).toThrow(/CONVOLUTION_SHAPE.*fits/);
    expect(() => linear(tf.zeros([2, 3]), tf.zeros([4, 3]))).toThrow(/LINEAR_SHAPE/);
    expect(() => batchNormTrain(tf.zeros([1, 3]), tf.ones([3]), tf.zeros([3]))).toThrow(/BATCH_NORM_SINGLE_VALUE/);
    expect(() => maxPool2d(tf.zeros([1, 4, 4, 1]), { kernel: 2, padding: 2 })).toThrow(/POOLING_SHAPE/);
  });
});
