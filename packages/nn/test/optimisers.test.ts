import {
  accumulate,
  adamW,
  batchNorm,
  clipByJointNorm,
  clipEachByNorm,
  conv,
  decodeTensor,
  emaUpdate,
  encodeOptimiserState,
  initialise,
  isBiasOrNorm,
  jointNorm,
  lamb,
  lars,
  linearLayer,
  parameterGroups,
  restoreOptimiserState,
  sgd,
} from '@ssl-scene/nn';
import { encodeSafetensors } from '@ssl-scene/safetensors';
import { disposeTree, jit, type Tensor, type TensorDict, tf, useBackend } from '@ssl-scene/tensors';
import { beforeAll, describe, expect, it } from 'vitest';

beforeAll(async () => {
  await useBackend();
});

const parts = [
  conv('conv', { in: 2, out: 3, kernel: 1 }),
  batchNorm('bn', { channels: 3 }),
  linearLayer('fc', { in: 3, out: 2 }),
];
const specs = {
  parameters: parts.flatMap(({ parameters }) => parameters),
  buffers: parts.flatMap(({ buffers }) => buffers),
};
const { parameters } = specs;
const values = (dictionary: TensorDict): Record<string, number[]> =>
  Object.fromEntries(Object.entries(dictionary).map(([name, tensor]) => [name, [...tensor.dataSync()]]));

const everyOptimiser = [
  sgd({ momentum: 0.9, weightDecay: 0.1, parameters, exclude: isBiasOrNorm }),
  lars({ weightDecay: 0.1, parameters }),
  lars({ weightDecay: 0.1, parameters, form: 'simclr' }),
  adamW({ weightDecay: 0.1, parameters, exclude: isBiasOrNorm }),
  lamb({ weightDecay: 0.1, parameters }),
];

describe('exclusion', () => {
  it.each(everyOptimiser)(
    'O01: $name leaves biases and norms alone where the gradient is 0, and lists both groups',
    (optimiser) => {
      const before = initialise(specs, 1).params;
      const grads = Object.fromEntries(Object.entries(before).map(([name, value]) => [name, tf.zerosLike(value)]));
      const { params } = tf.tidy(() => {
        const { params, state } = optimiser.update(before, grads, optimiser.init(before), tf.scalar(0.5));
        return { params, state };
      });
      const moved = parameters.filter(({ name }) => values(params)[name]!.join() !== values(before)[name]!.join());
      expect(moved.map(({ name }) => name)).toEqual(['conv.weight', 'fc.weight']);
      expect(optimiser.groups).toEqual({
        decayed: ['conv.weight', 'fc.weight'],
        excluded: ['conv.bias', 'bn.weight', 'bn.bias', 'fc.bias'],
      });
    },
  );

  it('asks for the specifications that the rule needs', () => {
    expect(() => sgd({ exclude: isBiasOrNorm })).toThrow(/option parameters beside exclude/);
  });
});

describe('parameters without gradient', () => {
  it.each(everyOptimiser)('$name skips and names them', (optimiser) => {
    const params = initialise(specs, 1).params;
    const state = optimiser.init(params);
    const grads = { 'fc.bias': tf.ones([2]) };
    const result = optimiser.update(params, grads, state, tf.scalar(0.5));
    expect(result.skipped).toEqual(parameters.map(({ name }) => name).filter((name) => name !== 'fc.bias'));
    expect(Object.keys(result.params)).toEqual(Object.keys(params));
    expect(Object.keys(result.state)).toEqual(Object.keys(state));
    expect(result.params['fc.weight']).toBe(params['fc.weight']);
  });
});

describe('learning rate', () => {
  it('O12: is an input: a rate of 0 moves nothing, the next one does, in the same recorded step', () => {
    const optimiser = sgd({ momentum: 0.9 });
    const params: TensorDict = { w: tf.tensor1d([1, 2]) };
    const step = jit((p: TensorDict, s: TensorDict, rate: Tensor) => {
      const { params, state } = optimiser.update(p, { w: tf.onesLike(p.w!) }, s, rate);
      return { params, state };
    });
    const still = step(params, optimiser.init(params), tf.scalar(0));
    expect(values(still.params)).toEqual({ w: [1, 2] });
    const moved = step(still.params, still.state, tf.scalar(0.5));
    expect(moved.params.w!.dataSync()[0]).toBeCloseTo(1 - 0.5 * 1.9, 6);
    step.dispose();
  });

  it('may be one per parameter', () => {
    const params = { a: tf.scalar(1), b: tf.scalar(1) };
    const grads = { a: tf.scalar(1), b: tf.scalar(1) };
    const rates = { a: tf.scalar(0.5), b: tf.scalar(0) };
    expect(values(sgd().update(params, grads, {}, rates).params)).toEqual({ a: [0.5], b: [1] });
    expect(() => sgd().update(params, grads, {}, { a: rates.a })).toThrow(/LEARNING_RATE_ABSENT.*"b"/);
  });
});

describe('state', () => {
  it.each(everyOptimiser)(
    'O13: $name saves and goes on bit for bit, with PyTorch layouts in the file',
    async (optimiser) => {
      const params = initialise(specs, 4).params;
      const grads = Object.fromEntries(
        Object.entries(params).map(([name, { shape }]) => [name, tf.randomNormal(shape, 0, 1, 'float32', 3)]),
      );
      const rate = tf.scalar(0.1);
      const first = optimiser.update(params, grads, optimiser.init(params), rate);
      const stored = await encodeOptimiserState(first.state, parameters, { prefix: 'optimiser.' });
      const weight = Object.keys(stored).find(
        (name) => name.endsWith('fc.weight') && stored[name]!.shape.length === 2,
      )!;
      expect(stored[weight]!.shape).toEqual([2, 3]);
      const restored = restoreOptimiserState(encodeSafetensors(stored), parameters, { prefix: 'optimiser.' });
      const straight = optimiser.update(first.params, grads, first.state, rate);
      const resumed = optimiser.update(first.params, grads, restored, rate);
      expect(values(resumed.params)).toEqual(values(straight.params));
      expect(values(resumed.state)).toEqual(values(straight.state));
    },
  );

  it('of another optimiser is refused by name', () => {
    const params = { w: tf.scalar(1) };
    const other = adamW().init(params);
    expect(() => sgd({ momentum: 0.9 }).update(params, { w: tf.scalar(1) }, other, tf.scalar(1))).toThrow(
      /OPTIMISER_STATE.*momentum_buffer\.w/,
    );
  });
});

describe('memory', () => {
  it.each(everyOptimiser)('$name: 100 steps leave as many tensors as 1', (optimiser) => {
    let params: Record<string, Tensor> = initialise(specs, 4).params;
    let state = optimiser.init(params);
    const grads = Object.fromEntries(Object.entries(params).map(([name, value]) => [name, tf.onesLike(value)]));
    const rate = tf.scalar(1e-3);
    const step = jit((p: TensorDict, g: TensorDict, s: TensorDict, r: Tensor) => {
      const { params, state } = optimiser.update(p, g, s, r);
      return { params, state };
    });
    const advance = (): void => {
      const next = step(params, grads, state, rate);
      disposeTree({ params, state });
      ({ params, state } = next);
    };
    advance();
    const before = tf.memory().numTensors;
    for (let count = 0; count < 100; count++) advance();
    expect(tf.memory().numTensors).toBe(before);
    step.dispose();
  });
});

describe('options', () => {
  it('are checked', () => {
    expect(() => sgd({ momentum: 1.5 })).toThrow(/momentum in \[0, 1\]/);
    expect(() => sgd({ weightDecay: -1 })).toThrow(/weightDecay from 0/);
    expect(() => sgd({ nesterov: true })).toThrow(/momentum above 0/);
    expect(() => adamW({ beta2: 1 })).toThrow(/beta2/);
  });
});

describe('clipByJointNorm', () => {
  it('scales all gradients together, and leaves short ones as they are', () => {
    const grads = { a: tf.tensor1d([3, 0]), b: tf.tensor1d([4]) };
    expect(values(clipByJointNorm(grads, 1)).a![0]).toBeCloseTo(0.6, 6);
    expect(values(clipByJointNorm(grads, 1)).b![0]).toBeCloseTo(0.8, 6);
    expect(values(clipByJointNorm(grads, 10))).toEqual({ a: [3, 0], b: [4] });
    expect(jointNorm(grads).dataSync()[0]).toBeCloseTo(5, 6);
    expect(jointNorm({}).dataSync()[0]).toBe(0);
    expect(clipByJointNorm({}, 1)).toEqual({});
  });
});

describe('clipEachByNorm', () => {
  it('shortens every gradient for itself', () => {
    const grads = { a: tf.tensor1d([3, 4]), b: tf.tensor1d([0, 0.5]), c: tf.tensor1d([0, 0]) };
    const clipped = values(clipEachByNorm(grads, 1));
    expect(clipped.a![0]).toBeCloseTo(0.6, 6);
    expect(clipped.a![1]).toBeCloseTo(0.8, 6);
    expect(clipped).toMatchObject({ b: [0, 0.5], c: [0, 0] });
  });
});

describe('accumulate', () => {
  it('adds up to the gradient of the mean loss over all batches', () => {
    const batches = [
      { a: tf.tensor1d([3, 0]), b: tf.tensor1d([4]) },
      { a: tf.tensor1d([1, 2]) },
      { a: tf.tensor1d([2, 4]), b: tf.tensor1d([-1]) },
    ];
    const sum = batches.reduce((total: TensorDict, grads) => accumulate(total, grads, 1 / 3), {});
    expect(values(sum).a![0]).toBeCloseTo(2, 6);
    expect(values(sum).a![1]).toBeCloseTo(2, 6);
    expect(values(sum).b![0]).toBeCloseTo(1, 6);
  });
});

describe('parameterGroups', () => {
  it('O01: lists what decays and what keeps its rate, every parameter once, with sizes', () => {
    const optimiser = lars({ weightDecay: 0.1, parameters });
    const keepsInitialRate = (name: string): boolean => name.startsWith('fc.');
    expect(parameterGroups(parameters, optimiser, { keepsInitialRate })).toEqual([
      { decayed: true, rate: 'schedule', names: ['conv.weight'], size: 6 },
      { decayed: true, rate: 'initial', names: ['fc.weight'], size: 6 },
      { decayed: false, rate: 'schedule', names: ['conv.bias', 'bn.weight', 'bn.bias'], size: 9 },
      { decayed: false, rate: 'initial', names: ['fc.bias'], size: 2 },
    ]);
    const all = parameters.map(({ name }) => name);
    expect(parameterGroups(parameters, sgd({ weightDecay: 0.1 }))).toEqual([
      { decayed: true, rate: 'schedule', names: all, size: 23 },
    ]);
  });
});

describe('emaUpdate', () => {
  it('B05: with momentum 0 equals the online values exactly, with 1 the old ones', () => {
    const target = { w: tf.tensor1d([0.1, 1e-8, 3e7]) };
    const online = { w: tf.tensor1d([0.3, 1e8, -1e-7]), other: tf.scalar(1) };
    expect(values(emaUpdate(target, online, 0))).toEqual({ w: [...online.w.dataSync()] });
    expect(values(emaUpdate(target, online, tf.scalar(1)))).toEqual(values(target));
    expect(() => emaUpdate(target, {}, 0.5)).toThrow(/online value of "w"/);
  });
});

describe('tensors in files', () => {
  it('keep an unknown kind as it is', () => {
    const shape = [2, 1];
    expect(decodeTensor({ dtype: 'F32', shape, data: Float32Array.of(1, 2) }, undefined).shape).toEqual(shape);
    expect(decodeTensor({ dtype: 'F32', shape, data: Float32Array.of(1, 2) }, 'linear-weight').shape).toEqual([1, 2]);
  });
});
