import { relu } from './activation.ts';
import { batchNormTrain } from './batch-norm.ts';
import { conv2d } from './convolution.ts';
import { linear } from './linear.ts';
import { l2Normalize } from './normalise.ts';
import { avgPool2d, maxPool2d } from './pooling.ts';
import { resizeBilinear } from './resize.ts';
import { logSumExp } from './softmax.ts';
import { type Tensor, tf } from './tensor.ts';

/** Outcome of one kernel on the current backend. */
export interface ProbeResult {
  readonly kernel: string;
  /** What the value and its gradient threw, if anything. */
  readonly failure?: string;
}

const IMAGE = [1, 4, 4, 4];

const PROBES: Readonly<Record<string, { readonly fn: (...inputs: Tensor[]) => Tensor; readonly shapes: number[][] }>> =
  {
    conv2d: { fn: (x, w) => conv2d(x!, w!, { strides: 2, padding: 1 }), shapes: [IMAGE, [3, 3, 4, 2]] },
    'conv2d, groups': { fn: (x, w) => conv2d(x!, w!, { groups: 2 }), shapes: [IMAGE, [1, 1, 2, 4]] },
    'conv2d, depthwise': { fn: (x, w) => conv2d(x!, w!, { groups: 4, padding: 1 }), shapes: [IMAGE, [3, 3, 1, 4]] },
    batchNormTrain: { fn: (x, g, b) => batchNormTrain(x!, g!, b!).y, shapes: [IMAGE, [4], [4]] },
    maxPool2d: { fn: (x) => maxPool2d(x!, { kernel: 3, stride: 2, padding: 1 }), shapes: [IMAGE] },
    avgPool2d: { fn: (x) => avgPool2d(x!, { kernel: 2 }), shapes: [IMAGE] },
    resizeBilinear: { fn: (x) => resizeBilinear(x!, [3, 5]), shapes: [IMAGE] },
    linear: {
      fn: (x, w, b) => linear(x!, w!, b),
      shapes: [[2, 3], [3, 2], [2]],
    },
    relu: { fn: (x) => relu(x!), shapes: [[2, 3]] },
    logSumExp: { fn: (x) => logSumExp(x!), shapes: [[2, 3]] },
    l2Normalize: { fn: (x) => l2Normalize(x!), shapes: [[2, 3]] },
  };

/** Runs every kernel and its gradient once, on a few numbers, so that a missing one is named before a run starts. */
export function probeKernels(): ProbeResult[] {
  return Object.entries(PROBES).map(([kernel, { fn, shapes }]) => {
    try {
      tf.tidy(() => {
        const inputs = shapes.map((shape) => tf.fill(shape, 0.5));
        const grads = tf.grads((...args: Tensor[]) => tf.sum(fn(...args)) as tf.Scalar)(inputs);
        for (const gradient of grads) gradient.dataSync();
      });
      return { kernel };
    } catch (error) {
      return { kernel, failure: (error as Error).message };
    }
  });
}
