import {
  barlowTwins,
  byol,
  byolVariant,
  denseCl,
  differentiate,
  dino,
  evaluatedVariables,
  type Framework,
  type FrameworkBatch,
  finishStep,
  moCo,
  multiCropPairs,
  nnclr,
  simClr,
  simSiam,
  swav,
  vicReg,
} from '@ssl-scene/frameworks';
import { ntXent } from '@ssl-scene/losses';
import { encodeVariables, restoreVariables, type Variables } from '@ssl-scene/nn';
import { encodeSafetensors } from '@ssl-scene/safetensors';
import { disposeTree, jit, type Tensor, tf, useBackend } from '@ssl-scene/tensors';
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
  'barlow-twins': barlowTwins({ backbone, hidden: 8 }),
  vicreg: vicReg({ backbone, hidden: 8 }),
  densecl: denseCl({ backbone, dimension: 8, queueLength: 12 }),
  nnclr: nnclr({ backbone, hidden: 8, dimension: 8, predictorHidden: 4, queueLength: 12 }),
  swav: swav({ backbone, hidden: 8, dimension: 8, prototypes: 6, queueLength: 12 }),
  dino: dino({ backbone, hidden: 8, dimension: 8, prototypes: 6 }),
};

function expectNear(got: readonly number[], want: readonly number[], digits: number): void {
  expect(got).toHaveLength(want.length);
  for (const [i, value] of got.entries()) {
    const scale = Math.max(1, Math.abs(want[i]!));
    expect(value / scale, `element ${i}`).toBeCloseTo(want[i]! / scale, digits);
  }
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

  it('leaves nothing behind but its variables', () => {
    const before = tf.memory().numTensors;
    const { params, buffers } = framework.initialise(0);
    expect(tf.memory().numTensors - before).toBe(Object.keys(params).length + Object.keys(buffers).length);
  });

  it('gives every learned parameter a gradient, and keeps the names of its buffers', () => {
    const variables = framework.initialise(0);
    const { unreached, buffers, perSample, loss } = differentiate(framework, variables, tinyBatch(4));
    expect(unreached).toEqual([]);
    expect(Object.keys(buffers)).toEqual(Object.keys(variables.buffers));
    expect(perSample.shape).toEqual([4]);
    expectNear([loss.dataSync()[0]!], [values(perSample).reduce((sum, value) => sum + value, 0) / 4], 5);
  });

  it('gives in a recorded step what it gives eagerly, and leaves nothing behind', () => {
    const step = (variables: Variables, batch: FrameworkBatch) => {
      const { loss, perSample, grads, buffers } = differentiate(framework, variables, batch);
      const moved = Object.entries(variables.params).map(([key, value]) => [
        key,
        grads[key] ? tf.sub(value, grads[key]) : value,
      ]);
      return { loss, perSample, next: finishStep(framework, { params: Object.fromEntries(moved), buffers }, batch) };
    };
    const recorded = jit(step, { name });
    const variables = framework.initialise(0);
    const batch = { ...tinyBatch(4), phase: { frozen: ['backbone.conv1.weight'], queues: true } };
    const eager = tf.tidy(() => step(variables, batch) as unknown as tf.TensorContainer) as unknown as ReturnType<
      typeof step
    >;
    const before = tf.memory().numTensors;
    const graph = recorded(variables, batch);
    expectNear(values(graph.perSample), values(eager.perSample), 4);
    for (const [key, tensor] of Object.entries(eager.next.buffers)) {
      expectNear(values(graph.next.buffers[key]!), values(tensor), 3);
    }
    const { params, buffers } = graph.next;
    expect(values(params['backbone.conv1.weight']!)).toEqual(values(variables.params['backbone.conv1.weight']!));
    disposeTree([graph.loss, graph.perSample, params, buffers]);
    expect(tf.memory().numTensors).toBe(before);
    recorded.dispose();
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
    expectNear([weighted.loss.dataSync()[0]!], [mean], 4);
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
    const scaled = tinyBatch(4, [{ ...GLOBAL, factor: 1.5 }]);
    expectNear(
      values(differentiate(framework, variables, scaled).perSample),
      once.map((value) => 1.5 * value),
      4,
    );
  });

  it('Q04, E05: a saved state goes on as the one that was not saved, bit for bit', async () => {
    const batch = tinyBatch(4);
    const start = framework.initialise(0);
    const { buffers } = differentiate(framework, start, batch);
    const state = finishStep(framework, { params: start.params, buffers }, batch);
    const restored = await savedAndRead(framework, state);
    const next = tinyBatch(4, [GLOBAL], 2);
    const [went, resumed] = [state, restored].map((variables) => differentiate(framework, variables, next));
    expect(values(resumed!.perSample)).toEqual(values(went!.perSample));
    for (const [key, tensor] of Object.entries(went!.buffers)) {
      expect(values(resumed!.buffers[key]!), key).toEqual(values(tensor));
    }
  });

  it('E02: says which network is evaluated', () => {
    expect(framework.evaluated).toBe(name === 'dino' ? 'teacher' : 'online');
    expect(framework.parameters.some((spec) => spec.name === 'backbone.conv1.weight')).toBe(true);
    const { params, buffers } = framework.initialise(0);
    const evaluated = evaluatedVariables(framework, { params, buffers });
    expect(Object.keys(evaluated.params)).toEqual(backbone.parameters.map((spec) => spec.name));
    expect(Object.keys(evaluated.buffers)).toEqual(backbone.buffers.map((spec) => spec.name));
    const source = name === 'dino' ? buffers['teacher.backbone.conv1.weight'] : params['backbone.conv1.weight'];
    expect(evaluated.params['conv1.weight']).toBe(source);
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

/** Through a file, as a checkpoint would do it. */
async function savedAndRead(framework: Framework, variables: Variables): Promise<Variables> {
  const { parameters, unlearned, buffers } = framework;
  const specs = { parameters: [...parameters, ...unlearned], buffers };
  const bytes = encodeSafetensors(await encodeVariables(specs, variables));
  const { params, buffers: rest } = restoreVariables(specs, bytes).variables;
  const learned = new Set(parameters.map((spec) => spec.name));
  const pick = (wanted: boolean) => Object.entries(params).filter(([name]) => learned.has(name) === wanted);
  return { params: Object.fromEntries(pick(true)), buffers: { ...Object.fromEntries(pick(false)), ...rest } };
}

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

  it('Q01: a queue of 10 takes batches of 4, 4 and 2 in their order', () => {
    const framework = moCo({ backbone, dimension: 8, queueLength: 10 });
    const { params, buffers: start } = framework.initialise(0);
    let buffers = start;
    const newest: unknown[] = [];
    for (const [seed, size] of [4, 4, 2].entries()) {
      buffers = buffersAfter(framework, { params, buffers }, size, seed + 1);
      newest.push((buffers['queue.global']!.arraySync() as number[][]).slice(10 - size));
    }
    expect(buffers['queue.global']!.arraySync()).toEqual(newest.flat());
  });

  it('takes the features themselves without a head, which must then have their dimension', () => {
    const framework = moCo({ backbone, version: 'v1', head: 'none', queueLength: 12 });
    expect(framework.parameters.some(({ name }) => name.startsWith('projector'))).toBe(false);
    expect(framework.initialise(0).buffers['queue.global']!.shape).toEqual([12, 16]);
    expect(differentiate(framework, framework.initialise(0), tinyBatch(4)).unreached).toEqual([]);
    expect(() => moCo({ backbone, head: 'none', dimension: 8 })).toThrow(/HEAD_DIMENSION.*16/);
  });

  it('leaves the positive out of the denominator where asked: the loss falls', () => {
    const variables = moco.initialise(0);
    const hard = tinyBatch(4, [{ ...GLOBAL, hardNegative: 'negative' }]);
    const poster = moCo({ backbone, dimension: 8, queueLength: 12, positiveInDenominator: false });
    const [code, without] = [moco, poster].map((each) => values(differentiate(each, variables, hard).perSample));
    for (const [i, value] of without!.entries()) expect(value).toBeLessThan(code![i]!);
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

  it('gives with groups of equal images what it gives without, in whichever order images lie', () => {
    const order = [0, 0, 1, 1, 2, 2];
    // Each image stands in both groups, so that groups and batch have the same statistics.
    const twice = ({ views, ...rest }: FrameworkBatch): FrameworkBatch => ({
      ...rest,
      views: Object.fromEntries(Object.entries(views).map(([name, images]) => [name, tf.gather(images, order)])),
      inputs: {
        momentum: tf.scalar(0.9),
        shuffle: tf.tensor1d([1, 3, 5, 0, 2, 4], 'int32'),
        unshuffle: tf.tensor1d([3, 0, 4, 1, 5, 2], 'int32'),
      },
    });
    const batch = twice(tinyBatch(3));
    for (const make of [
      (splits: number) => moCo({ backbone, dimension: 8, queueLength: 12, splits }),
      (splits: number) => denseCl({ backbone, dimension: 8, queueLength: 12, splits }),
    ]) {
      const variables = make(1).initialise(0);
      const [whole, split] = [1, 2].map((splits) => differentiate(make(splits), variables, batch));
      expectNear(values(split!.perSample), values(whole!.perSample), 4);
      expectNear(values(split!.buffers['queue.global']!), values(whole!.buffers['queue.global']!), 4);
    }
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

  it('B05: with momentum 0 the target is the online network, and gives what it gives', () => {
    const framework = byol({ backbone, hidden: 8, dimension: 8, targetStart: 'random' });
    const variables = framework.initialise(0);
    const batch = { ...tinyBatch(4), inputs: { momentum: tf.scalar(0) } };
    const { params, buffers } = finishStep(framework, variables, batch);
    for (const [name, tensor] of Object.entries(params)) {
      const target = buffers[`target.${name}`];
      if (target) expect(values(target), name).toEqual(values(tensor));
    }
    const { buffers: moved } = differentiate(framework, { params, buffers }, batch);
    // A target pass has the batch statistics of the online one.
    const mean = 'backbone.bn1.running_mean';
    expect(values(moved[`target.${mean}`]!)).toEqual(values(moved[mean]!));
  });

  it('predicts one way only where asked; both ways listed as pairs are the symmetric loss', () => {
    const both = [GLOBAL, { role: 'global', a: 'b', b: 'a' }];
    for (const [symmetric, directed] of [
      [FRAMEWORKS.byol!, byol({ backbone, hidden: 8, dimension: 8, symmetric: false })],
      [FRAMEWORKS.simsiam!, simSiam({ backbone, dimension: 8, predictorHidden: 4, symmetric: false })],
    ] as const) {
      const variables = symmetric.initialise(0);
      const once = differentiate(symmetric, variables, tinyBatch(4));
      const twice = differentiate(directed, variables, tinyBatch(4, both));
      expectNear(values(twice.perSample), values(once.perSample), 5);
      expect(directed.collapsedLoss(both, 4)).toBe(symmetric.collapsedLoss([GLOBAL], 4));
    }
  });

  it('has the constants of three published codes', () => {
    expect(byolVariant('official')).toMatchObject({
      hidden: 4096,
      dimension: 256,
      targetStart: 'random',
      momentum: 0.99,
    });
    expect(byolVariant('openselfsup')).toMatchObject({ initialisation: 'openselfsup', targetStart: 'copy' });
    expect(byolVariant('contrastive-crop')).toMatchObject({
      hidden: 512,
      dimension: 128,
      lastBias: true,
      momentum: 0.996,
      momentumSchedule: 'constant',
      targetUpdate: 'before-forward',
      loss: 'cosine',
    });
    expect(() => byol({ backbone, variant: 'openmmlab' as 'official' })).toThrow(/UNKNOWN_VARIANT/);
  });

  it('starts heads as OpenSelfSup does: Kaiming normal by fan-in, biases 0', () => {
    const { params } = byol({ backbone, hidden: 400, dimension: 8 }).initialise(0);
    expect(Math.max(...values(params['projector.0.bias']!).map(Math.abs))).toBe(0);
    const squares = values(params['projector.0.weight']!).map((value) => value * value);
    const variance = squares.reduce((sum, value) => sum + value, 0) / squares.length;
    expect(variance).toBeGreaterThan(0.9 * (2 / 16));
    expect(variance).toBeLessThan(1.1 * (2 / 16));
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

describe('hard negatives', () => {
  const unused = ['byol', 'simsiam', 'barlow-twins', 'vicreg', 'densecl', 'nnclr', 'swav', 'dino'];
  it.each(unused)('are refused by %s, which would not look at them', (name) => {
    const framework = FRAMEWORKS[name]!;
    const batch = tinyBatch(4, [{ ...GLOBAL, hardNegative: 'negative' }]);
    expect(() => differentiate(framework, framework.initialise(0), batch)).toThrow(/HARD_NEGATIVE_UNUSED/);
  });
});

describe('collapsedLoss', () => {
  /** Heads whose output is the same for every image: weights 0, the rest 1; all prototypes and queued rows alike. */
  const collapsed = ({ params, buffers }: Variables): Variables => {
    const change = (tensors: Variables['params']): Variables['params'] =>
      Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, collapse(name, tensor)]));
    return { params: change(params), buffers: change(buffers) };
  };
  const collapse = (name: string, tensor: Tensor): Tensor => {
    if (/queue/i.test(name)) return tf.fill(tensor.shape, 1 / Math.sqrt(tensor.shape[1]!));
    if (/prototypes/.test(name)) return tf.onesLike(tensor);
    if (!/projector|predictor/i.test(name) || /running|tracked/.test(name)) return tensor;
    return tensor.rank > 1 ? tf.zerosLike(tensor) : tf.onesLike(tensor);
  };

  it.each(['simclr', 'moco-v2', 'barlow-twins', 'vicreg', 'densecl', 'nnclr', 'swav', 'dino'])(
    'of %s is its loss for equal embeddings',
    (name) => {
      const framework = FRAMEWORKS[name]!;
      const variables = collapsed(framework.initialise(0));
      const batch = tinyBatch(4, [{ ...GLOBAL, factor: 2 }]);
      const loss = differentiate(framework, variables, batch).loss.dataSync()[0]!;
      expectNear([loss], [framework.collapsedLoss(batch.pairs, 4)], 3);
    },
  );

  it.each(['simclr', 'moco-v2'])('of %s is its loss for equal embeddings with a hard negative too', (name) => {
    const framework = FRAMEWORKS[name]!;
    const variables = collapsed(framework.initialise(0));
    const batch = tinyBatch(4, [{ ...GLOBAL, hardNegative: 'negative', factor: 2 }]);
    const loss = differentiate(framework, variables, batch).loss.dataSync()[0]!;
    expectNear([loss], [framework.collapsedLoss(batch.pairs, 4)], 3);
  });
});

describe('multi-crop training', () => {
  const views = { large: ['a', 'b'], small: ['c', 'd', 'e', 'f'] };

  it('A23: every view predicts every large view but itself, and all predictions count the same', () => {
    const pairs = multiCropPairs(views);
    const shares = new Map<string, number>();
    const add = (from: string, to: string, share: number): void => {
      expect(shares.has(`${from} ${to}`)).toBe(false);
      shares.set(`${from} ${to}`, share);
    };
    for (const { role, a, b, factor } of pairs) {
      if (role === 'local') add(b, a, factor!);
      else
        for (const [from, to] of [
          [a, b],
          [b, a],
        ] as const)
          add(from, to, factor! / 2);
    }
    const all = [...views.large, ...views.small];
    const wanted = views.large.flatMap((to) => all.filter((from) => from !== to).map((from) => `${from} ${to}`));
    expect([...shares.keys()].sort()).toEqual(wanted.sort());
    for (const share of shares.values()) expect(share).toBeCloseTo(1 / wanted.length, 12);
  });

  it('has one pair of factor 1 for two views, and needs two', () => {
    expect(multiCropPairs({ large: ['a', 'b'] })).toEqual([{ role: 'global', a: 'a', b: 'b', factor: 1 }]);
    expect(() => multiCropPairs({ large: ['a'] })).toThrow(/MULTI_CROP_VIEWS/);
    expect(() => multiCropPairs({ large: [], small: ['c', 'd'] })).toThrow(/MULTI_CROP_VIEWS/);
  });

  it.each(['swav', 'dino'])('%s names a role that it was not told of', (name) => {
    const framework = FRAMEWORKS[name]!;
    const batch = tinyBatch(4, [{ role: 'locl', a: 'a', b: 'b' }]);
    expect(() => differentiate(framework, framework.initialise(0), batch)).toThrow(/UNKNOWN_ROLE.*Did you mean local/);
  });
});

describe('SwAV', () => {
  const framework = FRAMEWORKS.swav!;
  const at = (epoch: number, step: number) =>
    framework.phase!({ seed: 0, epoch, step, totalSteps: 1000, batchSize: 4 });

  it('L17: freezes by steps, and uses queues by epochs and only once they are full', () => {
    expect(at(0, 312).frozen).toEqual(['prototypes.weight']);
    expect(at(0, 313).frozen).toEqual([]);
    expect(at(14, 400).queues).toBe(false);
    expect(at(15, 400).queues).toBe(true);
    const early = swav({ backbone, hidden: 8, dimension: 8, prototypes: 6, queueLength: 12, queueStartEpoch: 0 });
    const full = [0, 1, 2, 3, 4].map(
      (step) => early.phase!({ seed: 0, epoch: 0, step, totalSteps: 10, batchSize: 4 }).queues,
    );
    expect(full).toEqual([false, false, false, true, true]);
    expect(swav({ backbone, hidden: 8, prototypes: 6 }).phase!({ ...position, epoch: 99, step: 9999 }).queues).toBe(
      false,
    );
  });

  it('L17: a queue that is not in use changes no loss, and a full one does', () => {
    const variables = framework.initialise(0);
    const loss = (phase: FrameworkBatch['phase'] & object): number[] =>
      values(differentiate(framework, variables, { ...tinyBatch(4), phase }).perSample);
    const without = swav({ backbone, hidden: 8, dimension: 8, prototypes: 6 });
    const plain = values(differentiate(without, variables, tinyBatch(4)).perSample);
    expect(loss({ queues: false })).toEqual(plain);
    expect(loss({ queues: true })).not.toEqual(plain);
  });

  it('L19: prototypes have length 1 at the start and after a step, however large', () => {
    const lengths = (params: Variables['params']): number[] => values(tf.norm(params['prototypes.weight']!, 2, 0));
    const { params, buffers } = framework.initialise(0);
    for (const length of lengths(params)) expect(length).toBeCloseTo(1, 6);
    const moved = { ...params, 'prototypes.weight': tf.add(tf.mul(params['prototypes.weight']!, 30), 2) };
    const { params: after } = finishStep(framework, { params: moved, buffers }, tinyBatch(4));
    for (const length of lengths(after)) expect(length).toBeCloseTo(1, 6);
    expect(Object.keys(after)).toEqual(Object.keys(params));
  });

  it('gives parameters that rest no gradient, without calling them unreached', () => {
    const batch = { ...tinyBatch(4), phase: at(0, 0) };
    const { grads, unreached } = differentiate(framework, framework.initialise(0), batch);
    expect(Object.keys(grads)).not.toContain('prototypes.weight');
    expect(Object.keys(grads)).toContain('projector.0.weight');
    expect(unreached).toEqual([]);
  });
});

const position = { seed: 0, epoch: 0, step: 0, totalSteps: 100, batchSize: 4 };

describe('DINO', () => {
  const framework = FRAMEWORKS.dino!;

  it('warms the teacher’s temperature up from epoch to epoch', () => {
    const warm = dino({
      backbone,
      hidden: 8,
      dimension: 8,
      prototypes: 6,
      teacherTemperatureStart: 0.04,
      teacherTemperature: 0.07,
      teacherTemperatureWarmupEpochs: 4,
    });
    const temperatures = [0, 1, 2, 3, 4, 90].map(
      (epoch) => warm.hostInputs!({ ...position, epoch }).teacherTemperature!.data[0]!,
    );
    expectNear(temperatures, [0.04, 0.05, 0.06, 0.07, 0.07, 0.07], 6);
    const one = dino({
      backbone,
      hidden: 8,
      prototypes: 6,
      teacherTemperature: 0.07,
      teacherTemperatureWarmupEpochs: 1,
    });
    const steep = [0, 1].map((epoch) => one.hostInputs!({ ...position, epoch }).teacherTemperature!.data[0]!);
    expectNear(steep, [0.04, 0.07], 6);
  });

  it('raises its teacher’s momentum, and rests its last layer in the first epoch', () => {
    const momentum = (step: number): number => framework.hostInputs!({ ...position, step }).momentum!.data[0]!;
    expectNear([momentum(0), momentum(50), momentum(100)], [0.996, 0.998, 1], 6);
    expect(framework.phase!(position).frozen).toEqual(['prototypes.weight']);
    expect(framework.phase!({ ...position, epoch: 1 }).frozen).toEqual([]);
  });

  it('E01: the teacher starts as a copy, follows the student, and has statistics of its own', () => {
    const variables = framework.initialise(0);
    const batch = tinyBatch(4);
    const { buffers } = differentiate(framework, variables, batch);
    expect(values(buffers['teacher.backbone.bn1.num_batches_tracked']!)).toEqual([1]);
    const weight = 'prototypes.weight';
    expect(values(variables.buffers[`teacher.${weight}`]!)).toEqual(values(variables.params[weight]!));
    const moved = { ...variables.params, [weight]: tf.add(variables.params[weight]!, 1) };
    const after = finishStep(framework, { params: moved, buffers }, batch).buffers[`teacher.${weight}`]!;
    for (const value of values(tf.sub(after, variables.params[weight]!))) expect(value).toBeCloseTo(0.1, 5);
  });

  it('moves its centre after using it', () => {
    const variables = framework.initialise(0);
    const first = differentiate(framework, variables, tinyBatch(4));
    expect(values(variables.buffers.center!)).toEqual([0, 0, 0, 0, 0, 0]);
    expect(values(first.buffers.center!)).not.toEqual(values(variables.buffers.center!));
    const centred = { params: variables.params, buffers: { ...variables.buffers, center: first.buffers.center! } };
    expect(values(differentiate(framework, centred, tinyBatch(4)).perSample)).not.toEqual(values(first.perSample));
  });
});

describe('options that cannot work', () => {
  const nonsense: Readonly<Record<string, () => Framework>> = {
    'simClr, option temperature': () => simClr({ backbone, temperature: 0 }),
    'moCo, option temperature': () => moCo({ backbone, temperature: Number.NaN }),
    'moCo, option momentum': () => moCo({ backbone, momentum: 1.1 }),
    'moCo, option queueLength': () => moCo({ backbone, queueLength: 0 }),
    'byol, option momentum': () => byol({ backbone, momentum: -0.1 }),
    'nnclr, option queueLength': () => nnclr({ backbone, queueLength: 2.5 }),
    'denseCl, option denseShare': () => denseCl({ backbone, denseShare: 2 }),
    'swav, option epsilon': () => swav({ backbone, epsilon: 0 }),
    'dino, option teacherTemperature': () => dino({ backbone, teacherTemperature: -1 }),
  };

  it.each(Object.entries(nonsense))('%s: is refused when the framework is built', (where, build) => {
    expect(build).toThrow(where);
  });
});
