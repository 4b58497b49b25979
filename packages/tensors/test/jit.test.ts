import { isSceneError, type SceneError } from '@ssl-scene/errors';
import { conv2d, disposeTree, jit, type Tensor, tf, useBackend, valueAndGrad } from '@ssl-scene/tensors';
import { beforeAll, describe, expect, it } from 'vitest';
import { available } from './backends.ts';
import { initialState, tensor, trainStep } from './network.ts';

const BATCH = 6;

function caught(fn: () => unknown): SceneError {
  try {
    fn();
  } catch (error) {
    if (isSceneError(error)) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

/** Losses of a few steps, and the state's values after them. */
function train(step: typeof trainStep, steps: number): { losses: number[]; values: Float32Array[]; tensors: number[] } {
  const [a, b] = [tensor([BATCH, 12, 12, 3], 11), tensor([BATCH, 12, 12, 3], 12)];
  const rate = tf.scalar(0.05);
  let state = initialState();
  const losses: number[] = [];
  const tensors: number[] = [];
  for (let index = 0; index < steps; index++) {
    const result = step(state, a, b, rate);
    losses.push(result.loss.dataSync()[0]!);
    disposeTree([state.params, state.velocity, result.loss, result.aux] as never);
    state = result.state;
    tensors.push(tf.memory().numTensors);
  }
  const values = Object.values(state.params).map((value) => value.dataSync<'float32'>().slice());
  disposeTree([state.params, state.velocity, a, b, rate] as never);
  return { losses, values, tensors };
}

describe.each(available)('jit on %s', (backend) => {
  beforeAll(async () => {
    await useBackend({ backend });
  });

  it('gives what the eager function gives, to float32 noise', () => {
    const eager = train(jit(trainStep, { mode: 'eager' }), 3);
    const step = jit(trainStep);
    const jitted = train(step, 3);
    step.dispose();
    jitted.losses.forEach((loss, index) => {
      expect(Math.abs(loss - eager.losses[index]!)).toBeLessThan(2e-5 * Math.abs(eager.losses[index]!));
    });
    expect(jitted.losses[2]).toBeLessThan(jitted.losses[0]!);
    jitted.values.forEach((values, index) => {
      values.forEach((value, element) => {
        expect(Math.abs(value - eager.values[index]![element]!)).toBeLessThan(1e-4);
      });
    });
  });

  it('gives the same bits in three runs', () => {
    const runs = [0, 1, 2].map(() => {
      const step = jit(trainStep);
      const { losses, values } = train(step, 4);
      step.dispose();
      return { losses, values };
    });
    expect(runs[1]).toEqual(runs[0]);
    expect(runs[2]).toEqual(runs[0]);
  });

  it('T01, T04: a net with convolutions trains for many steps without leaking a tensor', { timeout: 240_000 }, () => {
    const step = jit(trainStep);
    // Plain JavaScript takes half a second over each on a busy machine.
    const steps = backend === 'cpu' ? 25 : 100;
    const before = tf.memory().numTensors;
    const { tensors } = train(step, steps);
    step.dispose();
    expect(tensors[steps - 1]).toBe(tensors[9]);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('returns tensors of the caller’s own, also for inputs handed through and for one tensor twice', () => {
    const through = jit((x: Tensor) => {
      const doubled = tf.mul(x, 2);
      return { x, first: doubled, again: [doubled] };
    });
    const x = tf.tensor1d([1, 2, 3]);
    const { x: copy, first, again } = through(x);
    x.dispose();
    first.dispose();
    expect([...copy.dataSync()]).toEqual([1, 2, 3]);
    expect([...again[0]!.dataSync()]).toEqual([2, 4, 6]);
    disposeTree([copy, again] as never);
    through.dispose();
  });

  it('keeps one graph for each structure, shape, type and static value', () => {
    const scaled = jit((x: Tensor, options: { factor: number }) => tf.mul(x, options.factor));
    const read = (x: Tensor, factor: number): number[] => {
      const result = scaled(x, { factor });
      const values = [...result.dataSync()];
      disposeTree([x, result] as never);
      return values;
    };
    expect(read(tf.tensor1d([1, 2]), 3)).toEqual([3, 6]);
    expect(read(tf.tensor1d([5, 7]), 3)).toEqual([15, 21]);
    expect(read(tf.tensor1d([1, 2]), 4)).toEqual([4, 8]);
    expect(read(tf.tensor2d([[1, 2]]), 4)).toEqual([4, 8]);
    if (backend === 'native') expect(scaled.graphs).toBe(3);
    scaled.dispose();
    expect(scaled.graphs).toBe(0);
    expect(read(tf.tensor1d([1, 2]), 3)).toEqual([3, 6]);
    scaled.dispose();
  });

  it('refuses arguments that are no trees, naming the place', () => {
    const fn = jit((argument: unknown) => argument);
    const error = caught(() => fn({ list: [1, new Map()] }));
    expect(error.code).toBe('NOT_A_TREE');
    expect(error.message).toContain('tree[0].list[1]');
    expect(error.message).toContain('Map');
  });
});

describe.skipIf(!available.includes('native'))('recording (needs the native backend)', () => {
  beforeAll(async () => {
    await useBackend({ backend: 'native' });
  });

  const x = (): Tensor => tf.tensor1d([1, 2, 3]);

  it('refuses the reading of a value, naming the operation and the caller’s line', () => {
    const reading = jit((input: Tensor) => {
      const squared = tf.square(input);
      return tf.mul(input, squared.dataSync()[0]!); // the line that the error names
    });
    const error = caught(() => reading(x()));
    expect(error.code).toBe('VALUE_READ_WHILE_RECORDING');
    expect(error.found).toContain('Square');
    expect(error.where).toMatch(/jit\.test\.ts:\d+:\d+$/);
  });

  it('reports an operation that cannot run with the caller’s line', () => {
    const failing = jit((input: Tensor) => tf.topk(tf.reshape(input, [1, 3]), 1).values);
    expect(failing(x()).shape).toEqual([1, 1]);
    const wrong = jit((input: Tensor) => tf.gatherND(input, tf.zeros([1, 4], 'int32')));
    const error = caught(() => wrong(x()));
    expect(error.code).toBe('OPERATION_FAILED');
    expect(error.where).toMatch(/jit\.test\.ts:\d+:\d+$/);
  });

  it('goes on after a failed recording', () => {
    const reading = jit((input: Tensor) => tf.mul(input, input.dataSync()[0]!));
    expect(() => reading(x())).toThrow();
    const fine = jit((input: Tensor) => tf.add(input, 1));
    expect([...fine(x()).dataSync()]).toEqual([2, 3, 4]);
    expect([...tf.add(x(), 1).dataSync()]).toEqual([2, 3, 4]);
  });

  it('takes constants from outside with their values at the first call', () => {
    const outside = tf.tensor1d([10, 20, 30]);
    outside.square().dispose(); // uploaded before recording
    const pending = tf.tensor1d([1, 1, 1]);
    const fn = jit((input: Tensor) => tf.add(tf.add(input, outside), pending));
    expect([...fn(x()).dataSync()]).toEqual([12, 23, 34]);
    outside.dispose();
    expect([...fn(x()).dataSync()]).toEqual([12, 23, 34]);
  });

  it('runs a jitted function inside another one', () => {
    const inner = jit((input: Tensor) => tf.mul(input, 2));
    const outer = jit((input: Tensor) => tf.add(inner(input), 1));
    expect([...outer(x()).dataSync()]).toEqual([3, 5, 7]);
    expect(inner.graphs).toBe(0);
  });

  it('computes in bfloat16 with float32 results near those of float32', () => {
    const step = jit(trainStep, { precision: 'bfloat16' });
    const exact = train(jit(trainStep), 3);
    const narrow = train(step, 3);
    step.dispose();
    narrow.losses.forEach((loss, index) => {
      const difference = Math.abs(loss - exact.losses[index]!);
      expect(difference).toBeGreaterThan(0);
      expect(difference).toBeLessThan(0.03);
    });
  });

  // Small whole numbers have no rounding in bfloat16, so that other ways to the same sums must agree exactly.
  it.each([
    { what: 'few places', side: 4, kernel: 3, stride: 1, padding: 1 },
    { what: 'few places, stride 2', side: 9, kernel: 3, stride: 2, padding: 1 },
    { what: 'few places, uneven padding', side: 8, kernel: 3, stride: 2, padding: [1, 0, 0, 1] as const },
    { what: 'one tap', side: 9, kernel: 1, stride: 1, padding: 0 },
    { what: 'one tap, stride 2', side: 10, kernel: 1, stride: 2, padding: 0 },
    { what: 'many places', side: 10, kernel: 3, stride: 1, padding: 1 },
  ])('gives the gradients of a convolution in both precisions: $what', ({ side, kernel, stride, padding }) => {
    const signs = (shape: number[], seed: number): Tensor =>
      tf.tidy(() => tf.sign(tf.round(tf.randomUniform(shape, -1, 1, 'float32', seed))));
    const [x, filter] = [signs([2, side, side, 3], 1), signs([kernel, kernel, 3, 4], 2)];
    const gradients = (x: Tensor, filter: Tensor) =>
      valueAndGrad(({ x, filter }) => ({ loss: tf.sum(conv2d(x!, filter!, { strides: stride, padding })) }), {
        x,
        filter,
      }).grads as { x: Tensor; filter: Tensor };
    const [eager, ...graphs] = [gradients, jit(gradients), jit(gradients, { precision: 'bfloat16' })].map((run) => {
      const { x: dx, filter: dFilter } = run(x, filter);
      return { dx: [...dx.dataSync()], dFilter: [...dFilter.dataSync()] };
    });
    for (const graph of graphs) expect(graph).toEqual(eager);
    expect(new Set(eager!.dFilter).size).toBeGreaterThan(1);
  });

  it('records operations whose type tfjs leaves to TensorFlow', () => {
    const fn = jit((input: Tensor) => tf.logicalNot(tf.greater(tf.expandDims(input, 1), 2)));
    const result = fn(x());
    expect([result.shape, [...result.dataSync()]]).toEqual([
      [3, 1],
      [1, 1, 0],
    ]);
  });

  it('keeps several graphs at once', () => {
    const functions = [1, 2, 3].map((amount) => jit((input: Tensor) => tf.add(input, amount)));
    const results = functions.map((fn) => [...fn(x()).dataSync()]);
    expect(results).toEqual([
      [2, 3, 4],
      [3, 4, 5],
      [4, 5, 6],
    ]);
    functions[0]!.dispose();
    expect([...functions[1]!(x()).dataSync()]).toEqual([3, 4, 5]);
  });
});
