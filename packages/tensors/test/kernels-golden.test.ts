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
  maxPool2d,
  resizeBilinear,
  type Tensor,
  tf,
  useBackend,
} from '@ssl-scene/tensors';
import { casesOf, expectClose, type GoldenCase, goldenFile } from '@ssl-scene/vitest-config/golden';
import { beforeAll, describe, expect, it } from 'vitest';
import { available } from './backends.ts';

const present = goldenFile('layers.json') !== undefined;
const LAYERS = ['layers', 'numerics-layers'];
const CONVOLUTIONS = ['layers-conv', 'numerics-conv'];

// Golden images are (N, C, H, W) and filters (O, I, H, W); in memory they are (N, H, W, C) and (H, W, I, O).
const images = (values: unknown): Tensor => tf.transpose(tf.tensor(values as number[]), [0, 2, 3, 1]);
const fromImages = (tensor: Tensor): unknown => tf.transpose(tensor, [0, 3, 1, 2]).arraySync();
const filters = (values: unknown): Tensor => tf.transpose(tf.tensor(values as number[]), [2, 3, 1, 0]);
const fromFilters = (tensor: Tensor): unknown => tf.transpose(tensor, [3, 2, 0, 1]).arraySync();
const symmetric = ([vertical, horizontal]: [number, number]): [number, number, number, number] => [
  vertical,
  vertical,
  horizontal,
  horizontal,
];

/** Value and gradients of `sum(fn(...inputs) * up)`. */
function withGradients(
  fn: (...inputs: Tensor[]) => Tensor,
  inputs: Tensor[],
  up?: Tensor,
): { y: Tensor; grads: Tensor[] } {
  const y = fn(...inputs);
  if (!up) return { y, grads: [] };
  const grads = tf.grads((...args: Tensor[]) => tf.sum(tf.mul(fn(...args), up)) as tf.Scalar)(inputs);
  return { y, grads };
}

function check(cases: readonly GoldenCase[], test: (item: GoldenCase) => void): void {
  expect(cases.length).toBeGreaterThan(0);
  for (const item of cases) {
    tf.tidy(() => {
      test(item);
    });
  }
}

describe.skipIf(!present)('kernels equal the reference values (needs shared/golden)', () => {
  describe.each(available)('on %s', (backend) => {
    beforeAll(async () => {
      await useBackend({ backend });
    });

    it('conv2d', () => {
      check(casesOf(CONVOLUTIONS, 'conv2d'), ({ id, args, expected, tol }) => {
        const options = {
          strides: args.stride,
          padding: symmetric(args.padding),
          dilation: args.dilation,
          groups: args.groups,
        };
        const { y, grads } = withGradients(
          (x, w) => {
            const product = conv2d(x, w, options);
            return args.b ? tf.add(product, tf.tensor1d(args.b)) : product;
          },
          [images(args.x), filters(args.w)],
          images(args.up),
        );
        expectClose(fromImages(y), expected.y, tol, `${id} y`);
        expectClose(fromImages(grads[0]!), expected.gradX, tol, `${id} gradX`);
        expectClose(fromFilters(grads[1]!), expected.gradW, tol, `${id} gradW`);
      });
    });

    it('conv2d in (N, H, W, C)', () => {
      check(casesOf(CONVOLUTIONS, 'conv2dNhwc'), ({ id, args, expected, tol }) => {
        const options = {
          strides: args.stride,
          padding: symmetric(args.padding),
          dilation: args.dilation,
          groups: args.groups,
        };
        const bias = tf.tensor1d(args.b ?? new Array(args.w[0][0][0].length).fill(0));
        const { y, grads } = withGradients(
          (x, w, b) => tf.add(conv2d(x, w, options), b),
          [tf.tensor(args.x), tf.tensor(args.w), bias],
          tf.tensor(args.up),
        );
        expectClose(y.arraySync(), expected.y, tol, `${id} y`);
        expectClose(grads[0]!.arraySync(), expected.gradX, tol, `${id} gradX`);
        expectClose(grads[1]!.arraySync(), expected.gradW, tol, `${id} gradW`);
        if (expected.gradB) expectClose(grads[2]!.arraySync(), expected.gradB, tol, `${id} gradB`);
      });
    });

    it('maxPool2d', () => {
      const test = (toTensor: (v: unknown) => Tensor, fromTensor: (t: Tensor) => unknown) => (item: GoldenCase) => {
        const { id, args, expected, tol } = item;
        const options = { kernel: args.kernel, stride: args.stride, padding: args.padding };
        const { y, grads } = withGradients((x) => maxPool2d(x, options), [toTensor(args.x)], toTensor(args.up));
        expectClose(fromTensor(y), expected.y, tol, `${id} y`);
        expectClose(fromTensor(grads[0]!), expected.gradX, tol, `${id} gradX`);
      };
      check(casesOf(LAYERS, 'maxPool2d'), test(images, fromImages));
      check(
        casesOf(LAYERS, 'maxPool2dNhwc'),
        test(
          (values) => tf.tensor(values as number[]),
          (tensor) => tensor.arraySync(),
        ),
      );
    });

    it('avgPool2d', () => {
      check(casesOf(LAYERS, 'avgPool2d'), ({ id, args, expected, tol }) => {
        const { kernel, stride, padding, countIncludePad } = args;
        const options = { kernel, stride, padding, countPadding: countIncludePad };
        const { y, grads } = withGradients((x) => avgPool2d(x, options), [images(args.x)], images(args.up));
        expectClose(fromImages(y), expected.y, tol, `${id} y`);
        expectClose(fromImages(grads[0]!), expected.gradX, tol, `${id} gradX`);
      });
    });

    it('globalAvgPool is the adaptive pool to one place', () => {
      const single = casesOf(LAYERS, 'adaptiveAvgPool2d').filter(({ args }) => String(args.size) === '1,1');
      check(single, ({ id, args, expected, tol }) => {
        const pool = (x: Tensor): Tensor => tf.expandDims(tf.expandDims(globalAvgPool(x), 1), 1);
        const { y, grads } = withGradients(pool, [images(args.x)], images(args.up));
        expectClose(fromImages(y), expected.y, tol, `${id} y`);
        expectClose(fromImages(grads[0]!), expected.gradX, tol, `${id} gradX`);
      });
    });

    it('interpolateBilinear', () => {
      check(casesOf(LAYERS, 'interpolateBilinear'), ({ id, args, expected, tol }) => {
        const up = args.up && images(args.up);
        const { y, grads } = withGradients((x) => resizeBilinear(x, args.size), [images(args.x)], up);
        expectClose(fromImages(y), expected.y, tol, `${id} y`);
        if (up) expectClose(fromImages(grads[0]!), expected.gradX, tol, `${id} gradX`);
      });
    });

    it('gelu', () => {
      check(casesOf(LAYERS, 'gelu'), ({ id, args, expected, tol }) => {
        const { y, grads } = withGradients(gelu, [tf.tensor(args.x)], tf.tensor(args.up));
        expectClose(y.arraySync(), expected.y, tol, `${id} y`);
        expectClose(grads[0]!.arraySync(), expected.gradX, tol, `${id} gradX`);
      });
    });

    it('linear', () => {
      check(casesOf(LAYERS, 'linear'), ({ id, args, expected, tol }) => {
        const inputs = [tf.tensor(args.x), tf.transpose(tf.tensor(args.w)), ...(args.b ? [tf.tensor(args.b)] : [])];
        const { y, grads } = withGradients((x, w, b) => linear(x, w, b), inputs, tf.tensor(args.up));
        expectClose(y.arraySync(), expected.y, tol, `${id} y`);
        expectClose(grads[0]!.arraySync(), expected.gradX, tol, `${id} gradX`);
        expectClose(tf.transpose(grads[1]!).arraySync(), expected.gradW, tol, `${id} gradW`);
        if (args.b) expectClose(grads[2]!.arraySync(), expected.gradB, tol, `${id} gradB`);
      });
    });

    it('logSoftmax', () => {
      const last = casesOf(LAYERS, 'logSoftmax').filter(({ args }) => args.axis === -1);
      check(last, ({ id, args, expected, tol }) => {
        const { y, grads } = withGradients(logSoftmax, [tf.tensor(args.x)], tf.tensor(args.up));
        expectClose(y.arraySync(), expected.y, tol, `${id} y`);
        expectClose(grads[0]!.arraySync(), expected.gradX, tol, `${id} gradX`);
      });
    });

    it('l2Normalize', () => {
      check(casesOf('layers', 'l2Normalize'), ({ id, args, expected, tol }) => {
        expectClose(l2Normalize(tf.tensor(args.x), args.epsilon).arraySync(), expected.y, tol, id);
      });
      check(casesOf(LAYERS, 'l2NormalizeGradient'), ({ id, args, expected, tol }) => {
        const { y, grads } = withGradients(
          (x) => l2Normalize(x, args.epsilon),
          [tf.tensor(args.x)],
          tf.tensor(args.up),
        );
        expectClose(y.arraySync(), expected.y, tol, `${id} y`);
        const gradient = grads[0]!.arraySync() as number[][];
        expected.gradX.rows.forEach((row: number, index: number) => {
          expectClose(gradient[row], expected.gradX.values[index], tol, `${id} row ${row}`);
        });
        expect(gradient.flat().every(Number.isFinite), `${id} finite`).toBe(true);
      });
    });

    it('batch norm in training and evaluation', () => {
      const test = (toTensor: (v: unknown) => Tensor, fromTensor: (t: Tensor) => unknown) => (item: GoldenCase) => {
        const { id, args, expected, tol } = item;
        const channels = toTensor(args.train[0].x).shape.at(-1)!;
        const scale = args.gamma ? tf.tensor1d(args.gamma) : tf.ones([channels]);
        const offset = args.beta ? tf.tensor1d(args.beta) : tf.zeros([channels]);
        const [scaleGradients, offsetGradients]: [Tensor[], Tensor[]] = [[], []];
        let [mean, variance]: Tensor[] = [
          args.runningMean ? tf.tensor1d(args.runningMean) : tf.zeros([channels]),
          args.runningVar ? tf.tensor1d(args.runningVar) : tf.ones([channels]),
        ];
        args.train.forEach((step: { x: unknown; up?: unknown }, index: number) => {
          const want = expected.train[index];
          const x = toTensor(step.x);
          const { y, mean: batchMean, variance: batchVariance } = batchNormTrain(x, scale, offset, args.epsilon);
          expectClose(fromTensor(y), want.y, tol, `${id} step ${index} y`);
          mean = tf.add(tf.mul(mean!, 1 - args.momentum), tf.mul(batchMean, args.momentum));
          variance = tf.add(tf.mul(variance!, 1 - args.momentum), tf.mul(batchVariance, args.momentum));
          if (want.runningMean) expectClose(mean.arraySync(), want.runningMean, tol, `${id} step ${index} mean`);
          if (want.runningVar) expectClose(variance.arraySync(), want.runningVar, tol, `${id} step ${index} variance`);
          if (!step.up) return;
          const normalise = (x: Tensor, g: Tensor, b: Tensor): Tensor => batchNormTrain(x, g, b, args.epsilon).y;
          const { grads } = withGradients(normalise, [x, scale, offset], toTensor(step.up));
          expectClose(fromTensor(grads[0]!), want.gradX, tol, `${id} step ${index} gradX`);
          scaleGradients.push(grads[1]!);
          offsetGradients.push(grads[2]!);
        });
        if (!args.eval) return;
        const evaluate = (x: Tensor, g: Tensor, b: Tensor): Tensor =>
          batchNormEval(x, mean!, variance!, g, b, args.epsilon);
        const { y, grads } = withGradients(evaluate, [toTensor(args.eval.x), scale, offset], toTensor(args.eval.up));
        expectClose(fromTensor(y), expected.eval.y, tol, `${id} eval y`);
        expectClose(fromTensor(grads[0]!), expected.eval.gradX, tol, `${id} eval gradX`);
        if (expected.eval.gradGamma) {
          expectClose(grads[1]!.arraySync(), expected.eval.gradGamma, tol, `${id} eval gradGamma`);
          expectClose(grads[2]!.arraySync(), expected.eval.gradBeta, tol, `${id} eval gradBeta`);
        } else if (scaleGradients.length > 0) {
          // In these cases the file's last step holds the evaluation's gradient too, added up by its generator.
          scaleGradients.push(tf.add(scaleGradients.pop()!, grads[1]!));
          offsetGradients.push(tf.add(offsetGradients.pop()!, grads[2]!));
        }
        scaleGradients.forEach((gradient, index) => {
          const want = expected.train[index];
          if (!want.gradGamma) return;
          expectClose(gradient.arraySync(), want.gradGamma, tol, `${id} step ${index} gradGamma`);
          expectClose(offsetGradients[index]!.arraySync(), want.gradBeta, tol, `${id} step ${index} gradBeta`);
        });
      };
      const plain = {
        to: (values: unknown): Tensor => tf.tensor(values as number[]),
        from: (tensor: Tensor): unknown => tensor.arraySync(),
      };
      const anyRank = {
        to: (values: unknown): Tensor => (plain.to(values).rank === 2 ? plain.to(values) : images(values)),
        from: (tensor: Tensor): unknown => (tensor.rank === 2 ? plain.from(tensor) : fromImages(tensor)),
      };
      check(casesOf(LAYERS, 'batchNorm'), test(anyRank.to, anyRank.from));
      check(casesOf(LAYERS, 'batchNormModes'), test(anyRank.to, anyRank.from));
      check(casesOf(LAYERS, 'batchNormModesNhwc'), test(plain.to, plain.from));
    });
  });
});
