import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  averagePool,
  batchNorm,
  type Context,
  constant,
  conv,
  encodeVariables,
  evaluate,
  fans,
  gelu,
  globalAveragePool,
  identity,
  initialise,
  kaimingNormal,
  linearLayer,
  loadVariables,
  maxPool,
  prefixed,
  relu,
  restoreVariables,
  run,
  saveVariables,
  sequential,
  shapeInFile,
  uniform,
  type Variables,
} from '@ssl-scene/nn';
import { randomStream } from '@ssl-scene/random';
import { encodeSafetensors, openSafetensors, parseSafetensors, toFloat32 } from '@ssl-scene/safetensors';
import { disposeTree, jit, type Tensor, type TensorDict, tf, useBackend, valueAndGrad } from '@ssl-scene/tensors';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'nn-'));
beforeAll(async () => {
  await useBackend();
});
afterAll(() => rmSync(folder, { recursive: true }));

const network = sequential(
  conv('conv', { in: 3, out: 4, kernel: [3, 1], padding: [1, 1, 0, 0], stride: [1, 2] }),
  batchNorm('bn', { channels: 4 }),
  relu(),
  maxPool({ kernel: 2 }),
  globalAveragePool(),
  linearLayer('fc', { in: 4, out: 5 }),
);
type Dictionaries = { params: TensorDict; buffers: TensorDict };
const dispose = (variables: Variables): void => disposeTree(variables as Dictionaries);
const values = (tensor: Tensor): number[] => [...tensor.dataSync()];
const image = (): Tensor => tf.randomUniform([2, 6, 8, 3], -1, 1, 'float32', 11);

describe('names and kinds', () => {
  it('are PyTorch’s', () => {
    expect(network.parameters.map(({ name, kind }) => [name, kind])).toEqual([
      ['conv.weight', 'conv-weight'],
      ['conv.bias', 'bias'],
      ['bn.weight', 'norm-scale'],
      ['bn.bias', 'norm-offset'],
      ['fc.weight', 'linear-weight'],
      ['fc.bias', 'bias'],
    ]);
    expect(network.buffers.map(({ name }) => name)).toEqual([
      'bn.running_mean',
      'bn.running_var',
      'bn.num_batches_tracked',
    ]);
  });

  it('that come twice are refused', () => {
    const twice = sequential(linearLayer('fc', { in: 2, out: 2 }), linearLayer('fc', { in: 2, out: 2 }));
    expect(() => initialise(twice, 0)).toThrow(/DUPLICATE_NAME.*"fc.weight" twice/);
  });

  it('that are absent are named, with the nearest', () => {
    const { params, buffers } = initialise(network, 0);
    const { 'fc.weight': weight, ...rest } = params;
    tf.tidy(() => {
      const renamed = { params: { ...rest, 'fc.weights': weight! }, buffers };
      expect(() => run(network, renamed, image(), { training: false })).toThrow(
        /VARIABLE_ABSENT.*"fc.weight".*"fc.weights"/,
      );
      expect(() => run(network, { params, buffers: {} }, image(), { training: false })).toThrow(
        /buffer "bn.running_mean"/,
      );
    });
  });
});

describe('initialise', () => {
  it('depends on the seed and the name alone', () => {
    const first = initialise(network, 1);
    const again = initialise(sequential(linearLayer('more', { in: 2, out: 2 }), network), 1);
    const other = initialise(network, 2);
    for (const { name } of network.parameters) {
      expect(values(again.params[name]!), name).toEqual(values(first.params[name]!));
    }
    expect(values(other.params['fc.weight']!)).not.toEqual(values(first.params['fc.weight']!));
    for (const group of [first, again, other]) dispose(group);
  });

  it('has PyTorch’s bounds, and zeros and ones for norms', () => {
    const wide = sequential(
      conv('conv', { in: 16, out: 32, kernel: 3, groups: 2 }),
      linearLayer('fc', { in: 100, out: 200 }),
      batchNorm('bn', { channels: 7, initialScale: 0.5 }),
    );
    const { params, buffers } = initialise(wide, 5);
    const largest = (name: string): number => Math.max(...values(params[name]!).map(Math.abs));
    for (const [name, bound] of [
      ['conv.weight', 1 / Math.sqrt(72)],
      ['conv.bias', 1 / Math.sqrt(72)],
      ['fc.weight', 0.1],
      ['fc.bias', 0.1],
    ] as const) {
      expect(largest(name), name).toBeLessThanOrEqual(bound);
      expect(largest(name), name).toBeGreaterThan(0.9 * bound);
    }
    expect(values(params['bn.weight']!)).toEqual(Array(7).fill(0.5));
    expect(values(params['bn.bias']!)).toEqual(Array(7).fill(0));
    expect(values(buffers['bn.running_var']!)).toEqual(Array(7).fill(1));
    expect(buffers['bn.num_batches_tracked']!.dtype).toBe('int32');
  });

  it('draws Kaiming-normal values of the right spread', () => {
    const shape = [3, 3, 32, 64];
    expect(fans(shape)).toEqual({ in: 288, out: 576 });
    for (const [mode, fan] of [
      ['fan-in', 288],
      ['fan-out', 576],
    ] as const) {
      const drawn = kaimingNormal(mode)(randomStream(1, mode), shape);
      const square = drawn.reduce((sum, value) => sum + value * value, 0) / drawn.length;
      // The relative standard error of a variance of n draws is √(2 / n), here 1 %.
      expect(Math.abs((square * fan) / 2 - 1), mode).toBeLessThan(0.04);
    }
    expect([...constant(3)(randomStream(1), [2])]).toEqual([3, 3]);
    expect(uniform(2)(randomStream(1), [1000]).every((value) => value >= -2 && value < 2)).toBe(true);
  });
});

describe('run', () => {
  it('gives all buffers, new ones in training and the same ones in evaluation', () => {
    const variables = initialise(network, 1);
    tf.tidy(() => {
      const trained = run(network, variables, image(), { training: true });
      expect(trained.output.shape).toEqual([2, 5]);
      expect(Object.keys(trained.buffers)).toEqual(Object.keys(variables.buffers));
      expect(values(trained.buffers['bn.num_batches_tracked']!)).toEqual([1]);
      const evaluated = run(network, variables, image(), { training: false });
      expect(evaluated.buffers).toEqual(variables.buffers);
    });
    dispose(variables);
  });

  it('B02: an evaluation leaves every buffer as it was', () => {
    const variables = initialise(network, 1);
    const before = network.buffers.map(({ name }) => values(variables.buffers[name]!));
    const input = image();
    for (let count = 0; count < 3; count++) evaluate(network, variables, input).dispose();
    expect(network.buffers.map(({ name }) => values(variables.buffers[name]!))).toEqual(before);
    dispose(variables);
    input.dispose();
  });

  it('goes on from its own update where a module is applied twice', () => {
    const norm = batchNorm('bn', { channels: 3 });
    const variables = initialise(norm, 0);
    tf.tidy(() => {
      const context: Context = { training: true, updates: {} };
      const first = tf.randomNormal([8, 3], 2, 1, 'float32', 1);
      const second = tf.randomNormal([8, 3], -1, 3, 'float32', 2);
      norm.apply(variables, first, context);
      norm.apply(variables, second, context);
      expect(values(context.updates['bn.num_batches_tracked']!)).toEqual([2]);
      const once = run(norm, variables, first, { training: true }).buffers;
      const twice = run(norm, { ...variables, buffers: once }, second, { training: true }).buffers;
      expect(values(context.updates['bn.running_var']!)).toEqual(values(twice['bn.running_var']!));
    });
    dispose(variables);
  });

  it('is the same recorded and eager, three times the same bits, and leaves nothing behind', () => {
    const variables = initialise(network, 1) as Dictionaries;
    const input = image();
    const forward = (all: Dictionaries, x: Tensor): { output: Tensor; buffers: TensorDict } => {
      const { output, buffers } = run(network, all, x, { training: true });
      return { output, buffers };
    };
    const recorded = jit(forward);
    const eager = jit(forward, { mode: 'eager' });
    const reference = eager(variables, input);
    const runs = [1, 2, 3].map(() => values(recorded(variables, input).output));
    expect(runs[1]).toEqual(runs[0]);
    expect(runs[2]).toEqual(runs[0]);
    values(reference.output).forEach((value, index) => {
      expect(runs[0]![index]).toBeCloseTo(value, 5);
    });
    const before = tf.memory().numTensors;
    for (let count = 0; count < 100; count++) disposeTree(recorded(variables, input));
    expect(tf.memory().numTensors).toBe(before);
    recorded.dispose();
  });

  it('has gradients that agree with finite differences', () => {
    const smooth = sequential(
      conv('conv', { in: 3, out: 2, kernel: 3, padding: 1 }),
      batchNorm('bn', { channels: 2 }),
      gelu(),
      averagePool({ kernel: 2 }),
      identity(),
      globalAveragePool(),
      linearLayer('fc', { in: 2, out: 2 }),
    );
    const { params, buffers } = initialise(smooth, 3);
    const input = image();
    const lossOf = (given: TensorDict): Tensor =>
      tf.sum(tf.square(smooth.apply({ params: given, buffers }, input, { training: true, updates: {} })));
    const { grads } = valueAndGrad((given) => ({ loss: lossOf(given) }), params);
    const step = 1e-2;
    for (const { name, shape } of smooth.parameters) {
      const direction = tf.randomNormal([...shape], 0, 1, 'float32', 7);
      const at = (sign: number): number =>
        tf.tidy(
          () => lossOf({ ...params, [name]: tf.add(params[name]!, tf.mul(direction, sign * step)) }).dataSync()[0]!,
        );
      const slope = tf.tidy(() => tf.sum(tf.mul(grads[name]!, direction)).dataSync()[0]!);
      const difference = (at(1) - at(-1)) / (2 * step);
      expect(Math.abs(slope - difference), name).toBeLessThan(2e-3 * Math.max(1, Math.abs(slope)));
    }
  });
});

describe('prefixed', () => {
  it('renames everything, updates included, and B03: keeps two uses of one layer apart', () => {
    const both = sequential(
      prefixed('first', batchNorm('bn', { channels: 3 })),
      prefixed('second', prefixed('inner', batchNorm('bn', { channels: 3 }))),
    );
    const variables = initialise(both, 0);
    expect(Object.keys(variables.params)).toEqual([
      'first.bn.weight',
      'first.bn.bias',
      'second.inner.bn.weight',
      'second.inner.bn.bias',
    ]);
    tf.tidy(() => {
      const { buffers } = run(both, variables, tf.randomNormal([8, 3]), { training: true });
      expect(Object.keys(buffers)).toEqual(both.buffers.map(({ name }) => name));
      expect(values(buffers['second.inner.bn.num_batches_tracked']!)).toEqual([1]);
      const { 'first.bn.weight': _, ...incomplete } = variables.params;
      expect(() => run(both, { ...variables, params: incomplete }, tf.ones([2, 3]), { training: true })).toThrow(
        /"first.bn.weight"/,
      );
    });
    dispose(variables);
  });
});

describe('files', () => {
  it('have PyTorch’s layouts, and come back bit for bit', async () => {
    const variables = initialise(network, 9);
    const path = join(folder, 'network.safetensors');
    await saveVariables(path, network, variables, { metadata: { epoch: '3' } });
    const reader = openSafetensors(path);
    expect(reader.metadata).toEqual({ format: 'pt', epoch: '3' });
    expect(reader.tensors.get('conv.weight')!.shape).toEqual([4, 3, 3, 1]);
    expect(reader.tensors.get('fc.weight')!.shape).toEqual([5, 4]);
    expect(reader.tensors.get('bn.num_batches_tracked')).toMatchObject({ dtype: 'I64', shape: [] });
    const stored = toFloat32(reader.read('conv.weight'));
    const [row, , input, output] = [2, 0, 1, 3];
    const inMemory = values(variables.params['conv.weight']!)[(row * 3 + input) * 4 + output];
    expect(stored[(output * 3 + input) * 3 + row]).toBe(inMemory);
    reader.close();
    const loaded = loadVariables(network, path);
    for (const { name } of network.parameters)
      expect(values(loaded.params[name]!)).toEqual(values(variables.params[name]!));
    for (const { name } of network.buffers)
      expect(values(loaded.buffers[name]!)).toEqual(values(variables.buffers[name]!));
    dispose(variables);
    dispose(loaded);
  });

  it('may hold half precision', async () => {
    const variables = initialise(network, 9);
    const stored = await encodeVariables(network, variables, { dtype: 'BF16' });
    expect(stored['conv.weight']!.dtype).toBe('BF16');
    const loaded = loadVariables(network, encodeSafetensors(stored));
    const got = values(loaded.params['fc.weight']!);
    values(variables.params['fc.weight']!).forEach((value, index) => {
      expect(Math.abs(got[index]! - value)).toBeLessThanOrEqual(Math.abs(value) / 256);
    });
    dispose(variables);
    dispose(loaded);
  });

  it('must have exactly the network’s tensors, unless a report is asked for', async () => {
    const variables = initialise(network, 9);
    const { 'fc.bias': _, ...stored } = await encodeVariables(network, variables);
    const bytes = encodeSafetensors({
      ...stored,
      'head.weight': stored['bn.bias']!,
      'bn.weight': stored['conv.weight']!,
    });
    const before = tf.memory().numTensors;
    expect(() => loadVariables(network, bytes)).toThrow(
      /STATE_DICT.*1 missing \(fc\.bias\); 1 of another shape \(bn\.weight is \[4, 3, 3, 1\] instead of \[4\]\); 1 unexpected \(head\.weight\)/,
    );
    expect(tf.memory().numTensors).toBe(before);
    const { report, variables: restored } = restoreVariables(network, parseSafetensors(bytes), { seed: 9 });
    expect(report).toMatchObject({ missing: ['fc.bias'], missingCounters: [], unexpected: ['head.weight'] });
    expect(values(restored.params['fc.bias']!)).toEqual(values(variables.params['fc.bias']!));
    dispose(variables);
    dispose(restored);
  });

  it('know the axes of every kind', () => {
    expect(shapeInFile([3, 1, 3, 4], 'conv-weight')).toEqual([4, 3, 3, 1]);
    expect(shapeInFile([4, 5], 'linear-weight')).toEqual([5, 4]);
    expect(shapeInFile([4], 'bias')).toEqual([4]);
  });

  it('C10: saving leaves no tensor behind', async () => {
    const variables = initialise(network, 9);
    await encodeVariables(network, variables);
    const before = tf.memory().numTensors;
    for (let count = 0; count < 10; count++) await encodeVariables(network, variables);
    expect(tf.memory().numTensors).toBe(before);
    await expect(encodeVariables(network, { params: {}, buffers: {} })).rejects.toThrow(
      /VARIABLE_ABSENT.*conv\.weight/,
    );
    dispose(variables);
  });
});

describe('batch norm', () => {
  it('may have a scale without an offset', () => {
    const norm = batchNorm('bn', { channels: 3, offset: false });
    expect(norm.parameters.map(({ name }) => name)).toEqual(['bn.weight']);
    expect(batchNorm('bn', { channels: 3, affine: false }).parameters).toEqual([]);
    const variables = initialise(norm, 0);
    expect(run(norm, variables, tf.randomNormal([8, 3]), { training: true }).output.shape).toEqual([8, 3]);
    expect(run(norm, variables, tf.randomNormal([8, 3]), { training: false }).output.shape).toEqual([8, 3]);
  });

  it('checks its options', () => {
    expect(() => batchNorm('bn', { channels: 0 })).toThrow(/channels/);
    expect(() => batchNorm('bn', { channels: 3, momentum: 2 })).toThrow(/momentum in \[0, 1\]/);
    expect(() => conv('conv', { in: 3, out: 0, kernel: 3 })).toThrow(/whole number from 1 for out/);
  });

  it('takes statistics of groups of neighbours where the context says so, through `prefixed` too', () => {
    const layer = prefixed('net', batchNorm('bn', { channels: 2 }));
    const variables = initialise(layer, 0);
    const x = tf.randomNormal([6, 3, 3, 2], 1, 2, 'float32', 4);
    const forward = (input: Tensor, normGroups?: number) => {
      const context: Context = { training: true, updates: {}, ...(normGroups !== undefined && { normGroups }) };
      return { y: layer.apply(variables, input, context), updates: context.updates };
    };
    const grouped = forward(x, 3);
    const apart = tf.split(x, 3, 0).map((part) => forward(part));
    expect([...grouped.y.dataSync()]).toEqual(apart.flatMap(({ y }) => [...y.dataSync()]));
    const means = apart.map(({ updates }) => [...updates['net.bn.running_var']!.dataSync()]);
    [...grouped.updates['net.bn.running_var']!.dataSync()].forEach((value, channel) => {
      expect(value).toBeCloseTo(means.reduce((sum, each) => sum + each[channel]!, 0) / 3, 5);
    });
    expect([...grouped.updates['net.bn.num_batches_tracked']!.dataSync()]).toEqual([1]);
    expect(() => forward(x, 4)).toThrow(/BATCH_NOT_DIVISIBLE/);
  });
});
