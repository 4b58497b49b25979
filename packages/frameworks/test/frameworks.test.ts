import { byol, differentiate, type Framework, moCo, simClr, simSiam } from '@ssl-scene/frameworks';
import { ntXent } from '@ssl-scene/losses';
import type { Variables } from '@ssl-scene/nn';
import { type Tensor, tf, useBackend } from '@ssl-scene/tensors';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { backend, GLOBAL, tinyBackbone, tinyBatch } from './tiny.ts';

beforeAll(async () => {
  await useBackend({ backend });
});
beforeEach(() => tf.engine().startScope());
afterEach(() => tf.engine().endScope());

const backbone = tinyBackbone();
const FRAMEWORKS: Readonly<Record<string, Framework>> = {
  simclr: simClr({ backbone, dimension: 8 }),
  'moco-v1': moCo({ backbone, version: 'v1', dimension: 8, queueLength: 12 }),
  'moco-v2': moCo({ backbone, dimension: 8, queueLength: 12 }),
  byol: byol({ backbone, hidden: 8, dimension: 8 }),
  simsiam: simSiam({ backbone, dimension: 8, predictorHidden: 4 }),
};

function expectNear(got: readonly number[], want: readonly number[], digits: number): void {
  expect(got).toHaveLength(want.length);
  for (const [i, value] of got.entries()) expect(value, `element ${i}`).toBeCloseTo(want[i]!, digits);
}

const values = (tensor: Tensor): number[] => Array.from(tensor.dataSync());

describe.each(Object.entries(FRAMEWORKS))('%s', (name, framework) => {
  it('is named after itself and starts from its seed alone (Q06)', () => {
    expect(framework.name).toBe(name);
    const [first, second, other] = [framework.initialise(3), framework.initialise(3), framework.initialise(4)];
    for (const [key, tensor] of Object.entries({ ...first.params, ...first.buffers })) {
      expect(values(tensor), key).toEqual(values({ ...second.params, ...second.buffers }[key]!));
    }
    const weight = 'backbone.conv1.weight';
    expect(values(other.params[weight]!)).not.toEqual(values(first.params[weight]!));
  });

  it('has a value for each of its specifications, and none twice (B03)', () => {
    const { params, buffers } = framework.initialise(0);
    const { parameters, unlearned, buffers: statistics } = framework;
    expect(Object.keys(params).sort()).toEqual(parameters.map((spec) => spec.name).sort());
    const others = [...unlearned, ...statistics].map((spec) => spec.name);
    expect(Object.keys(buffers).sort()).toEqual(others.sort());
    for (const spec of [...parameters, ...unlearned]) {
      expect({ ...params, ...buffers }[spec.name]!.shape, spec.name).toEqual(spec.shape);
    }
  });

  it('gives every learned parameter a gradient, and keeps the names of its buffers', () => {
    const variables = framework.initialise(0);
    const { unreached, buffers, perSample, loss } = differentiate(framework, variables, tinyBatch(4));
    expect(unreached).toEqual([]);
    expect(Object.keys(buffers)).toEqual(Object.keys(variables.buffers));
    expect(perSample.shape).toEqual([4]);
    expect(loss.dataSync()[0]!).toBeCloseTo(values(perSample).reduce((sum, value) => sum + value, 0) / 4, 5);
  });

  it('scales each image by its weight: L = mean_i w_i l_i', () => {
    const variables = framework.initialise(0);
    const plain = values(differentiate(framework, variables, tinyBatch(4)).perSample);
    const weights = [0, 1, 2, 0.5];
    const batch = tinyBatch(4, [{ ...GLOBAL, weight: tf.tensor1d(weights) }]);
    const weighted = differentiate(framework, variables, batch);
    expectNear(
      values(weighted.perSample),
      plain.map((value, i) => weights[i]! * value),
      4,
    );
    const mean = plain.reduce((sum, value, i) => sum + weights[i]! * value, 0) / 4;
    expect(weighted.loss.dataSync()[0]!).toBeCloseTo(mean, 4);
  });

  it('adds up its pairs', () => {
    const variables = framework.initialise(0);
    const once = values(differentiate(framework, variables, tinyBatch(4)).perSample);
    const twice = values(differentiate(framework, variables, tinyBatch(4, [GLOBAL, GLOBAL])).perSample);
    // Batch statistics see the same images either way, so each pair costs what it costs alone.
    expectNear(
      twice,
      once.map((value) => 2 * value),
      4,
    );
  });

  it('E02: the evaluated network is the one that is trained', () => {
    expect(framework.evaluated).toBe('online');
    expect(framework.parameters.some((spec) => spec.name === 'backbone.conv1.weight')).toBe(true);
  });

  it('names a view that is not there, and views of unequal length', () => {
    const variables = framework.initialise(0);
    const missing = tinyBatch(4, [{ role: 'global', a: 'a', b: 'c' }]);
    expect(() => differentiate(framework, variables, missing)).toThrow(/MISSING_VIEW.*"c"/);
    const uneven = { ...tinyBatch(4), views: { a: tinyBatch(4).views.a!, b: tinyBatch(3).views.b! } };
    expect(() => differentiate(framework, variables, uneven)).toThrow(/BATCH_MISMATCH/);
    expect(() => differentiate(framework, variables, { ...tinyBatch(4), pairs: [] })).toThrow(/NO_PAIRS/);
  });
});

/** The state after one step with rate 0: only buffers move. */
function buffersAfter(framework: Framework, variables: Variables, size: number, seed = 1): Variables['buffers'] {
  return differentiate(framework, variables, tinyBatch(size, [GLOBAL], seed)).buffers;
}

describe('SimCLR', () => {
  it('multiplies the loss by T / baseTemperature', () => {
    const scaled = simClr({ backbone, dimension: 8, temperature: 0.5, baseTemperature: 0.07 });
    const plain = FRAMEWORKS.simclr!;
    const variables = plain.initialise(0);
    const ratio =
      differentiate(scaled, variables, tinyBatch(4)).loss.dataSync()[0]! /
      differentiate(plain, variables, tinyBatch(4)).loss.dataSync()[0]!;
    expect(ratio).toBeCloseTo(0.5 / 0.07, 3);
  });

  it('takes a hard negative: the loss rises', () => {
    const variables = FRAMEWORKS.simclr!.initialise(0);
    const plain = values(
      differentiate(simClr({ backbone, dimension: 8, forward: 'per-view' }), variables, tinyBatch(4)).perSample,
    );
    const hard = tinyBatch(4, [{ ...GLOBAL, hardNegative: 'negative' }]);
    const harder = values(
      differentiate(simClr({ backbone, dimension: 8, forward: 'per-view' }), variables, hard).perSample,
    );
    for (const [i, value] of harder.entries()) expect(value).toBeGreaterThan(plain[i]!);
  });

  it.each([
    ['linear', ['0.weight', '0.bias']],
    ['plain', ['0.weight', '0.bias', '2.weight', '2.bias']],
    ['simclr-v1', ['0.weight', '1.weight', '1.bias', '3.weight', '4.weight']],
    ['simclr-v2', ['0.weight', '1.weight', '1.bias', '3.weight', '4.weight', '4.bias', '6.weight', '7.weight']],
    ['openselfsup', ['0.weight', '1.weight', '1.bias', '3.weight', '4.weight', '4.bias']],
  ] as const)('head %s has the parameters of its source', (head, names) => {
    const { parameters } = simClr({ backbone, head, dimension: 8 });
    const found = parameters.filter((spec) => spec.name.startsWith('projector.'));
    expect(found.map((spec) => spec.name.replace('projector.', ''))).toEqual(names);
  });

  it('knows the loss of a collapsed network', () => {
    const ones = tf.ones([4, 8]);
    const { loss } = ntXent(ones, ones, { temperature: 0.5 });
    expect(FRAMEWORKS.simclr!.collapsedLoss([GLOBAL], 4)).toBeCloseTo(loss.dataSync()[0]!, 5);
  });
});

describe('MoCo', () => {
  const moco = FRAMEWORKS['moco-v2']!;

  it('Q03: a fresh queue has rows of length 1', () => {
    const lengths = values(tf.norm(moco.initialise(0).buffers['queue.global']!, 2, 1));
    for (const length of lengths) expect(length).toBeCloseTo(1, 5);
  });

  it('Q01: takes batches that do not divide the queue, and keeps the newest keys', () => {
    let { params, buffers } = moco.initialise(0);
    const rows = (): number[][] => buffers['queue.global']!.arraySync() as number[][];
    const fresh = rows();
    for (const size of [5, 5]) ({ buffers } = { buffers: buffersAfter(moco, { params, buffers }, size) });
    expect(rows()).toHaveLength(12);
    expect(rows().slice(0, 2)).toEqual(fresh.slice(10));
    const small = moCo({ backbone, dimension: 8, queueLength: 3 });
    ({ params, buffers } = small.initialise(0));
    const after = buffersAfter(small, { params, buffers }, 5)['queue.global']!;
    expect(after.shape).toEqual([3, 8]);
    for (const length of values(tf.norm(after, 2, 1))) expect(length).toBeCloseTo(1, 5);
  });

  it('E01: the key encoder has running statistics of its own that move', () => {
    const { params, buffers } = moco.initialise(0);
    const after = buffersAfter(moco, { params, buffers }, 6);
    expect(values(after['key.backbone.bn1.running_mean']!)).not.toEqual(
      values(buffers['key.backbone.bn1.running_mean']!),
    );
    expect(values(after['key.backbone.bn1.num_batches_tracked']!)).toEqual([1]);
  });

  it('starts the key as a copy of the query, and moves it by its momentum', () => {
    const { params, buffers } = moco.initialise(0);
    const weight = 'projector.0.weight';
    expect(values(buffers[`key.${weight}`]!)).toEqual(values(params[weight]!));
    const moved = { params: { ...params, [weight]: tf.add(params[weight]!, 1) }, buffers };
    const difference = tf.sub(buffersAfter(moco, moved, 4)[`key.${weight}`]!, params[weight]!);
    for (const value of values(difference)) expect(value).toBeCloseTo(0.1, 5);
  });

  it('is the sum of both directions where symmetric, and both keys are queued', () => {
    const symmetric = moCo({ backbone, dimension: 8, queueLength: 12, symmetric: true });
    const variables = symmetric.initialise(0);
    const loss = (framework: Framework, a: string, b: string): number[] =>
      values(differentiate(framework, variables, tinyBatch(4, [{ role: 'global', a, b }])).perSample);
    const [both, forward, backward] = [loss(symmetric, 'a', 'b'), loss(moco, 'a', 'b'), loss(moco, 'b', 'a')];
    expectNear(
      both,
      forward.map((value, i) => value + backward[i]!),
      4,
    );
    const queue = buffersAfter(symmetric, variables, 4)['queue.global']!;
    const old = variables.buffers['queue.global']!.arraySync() as number[][];
    expect((queue.arraySync() as number[][]).slice(0, 4)).toEqual(old.slice(8));
  });

  it('normalises groups of the batch apart, and shuffles the keys between them', () => {
    const split = moCo({ backbone, dimension: 8, queueLength: 12, splits: 2 });
    const position = { seed: 1, epoch: 0, step: 0, totalSteps: 10, batchSize: 4 };
    const { shuffle, unshuffle } = split.hostInputs!(position);
    expect(Array.from(unshuffle!.data, (place) => shuffle!.data[place])).toEqual([0, 1, 2, 3]);
    const inputs = {
      momentum: tf.scalar(1),
      shuffle: tf.tensor1d(Array.from(shuffle!.data), 'int32'),
      unshuffle: tf.tensor1d(Array.from(unshuffle!.data), 'int32'),
    };
    const variables = split.initialise(0);
    const batch = { ...tinyBatch(4), inputs };
    const whole = differentiate(split, variables, batch);
    expect(values(whole.buffers['backbone.bn1.num_batches_tracked']!)).toEqual([1]);
    const same = tf.tensor1d([0, 1, 2], 'int32');
    const odd = { ...tinyBatch(3), inputs: { ...inputs, shuffle: same, unshuffle: same } };
    expect(() => differentiate(split, variables, odd)).toThrow(/BATCH_NOT_DIVISIBLE/);
    const plain = differentiate(moco, variables, batch);
    expect(values(whole.perSample)).not.toEqual(values(plain.perSample));
    const mean = 'backbone.bn1.running_mean';
    // Means over groups of equal size average to the mean of all; only variances differ.
    expectNear(values(whole.buffers[mean]!), values(plain.buffers[mean]!), 5);
  });

  it('has a queue for each role and names a role that it was not told of', () => {
    const framework = moCo({ backbone, dimension: 8, queueLength: 12, roles: ['global', 'intra'] });
    const variables = framework.initialise(0);
    const intra = tinyBatch(4, [{ role: 'intra', a: 'a', b: 'b' }]);
    const after = differentiate(framework, variables, intra).buffers;
    expect(values(after['queue.global']!)).toEqual(values(variables.buffers['queue.global']!));
    expect(values(after['queue.intra']!)).not.toEqual(values(variables.buffers['queue.intra']!));
    const unknown = tinyBatch(4, [{ role: 'intro', a: 'a', b: 'b' }]);
    expect(() => differentiate(framework, variables, unknown)).toThrow(/UNKNOWN_ROLE.*Did you mean intra/);
  });
});

describe('BYOL', () => {
  it('E01: the target has running statistics of its own that move', () => {
    const framework = FRAMEWORKS.byol!;
    const { params, buffers } = framework.initialise(0);
    const after = buffersAfter(framework, { params, buffers }, 6);
    expect(values(after['target.backbone.bn1.num_batches_tracked']!)).toEqual([2]);
  });

  it('raises the momentum along a cosine, or keeps it (E04)', () => {
    const at = (framework: Framework, step: number): number =>
      framework.hostInputs!({ seed: 0, epoch: 0, step, totalSteps: 1000, batchSize: 4 }).momentum!.data[0]!;
    const rising = FRAMEWORKS.byol!;
    expect(at(rising, 0)).toBeCloseTo(0.99, 6);
    expect(at(rising, 100)).toBeCloseTo(0.99024472, 6);
    expect(at(rising, 500)).toBeCloseTo(0.995, 6);
    const constant = byol({ backbone, hidden: 8, dimension: 8, momentum: 0.996, momentumSchedule: 'constant' });
    expect(at(constant, 500)).toBeCloseTo(0.996, 6);
  });

  it('starts the target as a copy, or at random', () => {
    const weight = 'backbone.conv1.weight';
    const start = (targetStart: 'copy' | 'random'): [number[], number[]] => {
      const { params, buffers } = byol({ backbone, hidden: 8, dimension: 8, targetStart }).initialise(0);
      return [values(params[weight]!), values(buffers[`target.${weight}`]!)];
    };
    const [online, copy] = start('copy');
    expect(copy).toEqual(online);
    const [again, random] = start('random');
    expect(random).not.toEqual(again);
  });

  it('has the loss of its code: squared distance, or the cosine alone (ContrastiveCrop)', () => {
    const squared = FRAMEWORKS.byol!;
    const cosine = byol({ backbone, hidden: 8, dimension: 8, loss: 'cosine' });
    const variables = squared.initialise(0);
    const difference =
      differentiate(squared, variables, tinyBatch(4)).loss.dataSync()[0]! -
      differentiate(cosine, variables, tinyBatch(4)).loss.dataSync()[0]!;
    expect(difference).toBeCloseTo(4, 5);
  });

  it('moves the target before the forward pass where asked, and then not after the step', () => {
    const early = byol({ backbone, hidden: 8, dimension: 8, targetUpdate: 'before-forward', targetStart: 'random' });
    const variables = early.initialise(0);
    const batch = tinyBatch(4);
    const weight = 'backbone.conv1.weight';
    const [online, before] = [variables.params[weight]!, variables.buffers[`target.${weight}`]!];
    const after = differentiate(early, variables, batch).buffers[`target.${weight}`]!;
    expectNear(values(after), values(tf.add(tf.mul(before, 0.9), tf.mul(online, 0.1))), 5);
    expect(early.afterUpdate!(variables, batch)).toEqual({});
  });

  it('has a predictor for each role where asked (object-level training)', () => {
    const roles = ['global', 'intra', 'inter'];
    const framework = byol({ backbone, hidden: 8, dimension: 8, roles, separatePredictors: true });
    const names = framework.parameters.map((spec) => spec.name).filter((name) => name.startsWith('predictor.'));
    for (const role of roles) expect(names).toContain(`predictor.${role}.0.weight`);
    const { unreached } = differentiate(framework, framework.initialise(0), tinyBatch(4));
    expect(unreached.every((name) => /^predictor\.(intra|inter)\./.test(name))).toBe(true);
    expect(unreached.length).toBe(10);
  });
});

describe('SimSiam', () => {
  it('keeps the rate of the predictor alone, or of nothing', () => {
    const framework = FRAMEWORKS.simsiam!;
    expect(framework.keepsInitialRate!('predictor.0.weight')).toBe(true);
    expect(framework.keepsInitialRate!('projector.0.weight')).toBe(false);
    const free = simSiam({ backbone, dimension: 8, fixedPredictorRate: false });
    expect(free.keepsInitialRate!('predictor.0.weight')).toBe(false);
  });

  it('freezes the bias before the last batch norm', () => {
    expect(FRAMEWORKS.simsiam!.unlearned.map((spec) => spec.name)).toEqual(['projector.6.bias']);
  });
});
