import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { differentiate, type Framework, moCo } from '@ssl-scene/frameworks';
import { type Optimiser, sgd } from '@ssl-scene/nn';
import { disposeTree, type TensorDict, type Tree, tf, useBackend } from '@ssl-scene/tensors';
import {
  accumulatedStep,
  createTrainer,
  listCheckpoints,
  loadRun,
  type Recipe,
  type StepInputs,
  type TrainState,
  trainStep,
} from '@ssl-scene/training';
import { beforeAll, describe, expect, it } from 'vitest';
import { newestContent } from './child-run.ts';
import {
  backends,
  stoppedAfter,
  temporaryFolder,
  tinyBackbone,
  tinyFramework,
  tinyFrameworks,
  tinyOptions,
} from './tiny-run.ts';

const pairs = [{ role: 'global', a: 'a', b: 'b' }];

function freshState(framework: Framework, optimiser: Optimiser): TrainState {
  const { params, buffers } = framework.initialise(3);
  return { params, buffers, optimiser: optimiser.init(params) };
}

function inputs(rows: number, seed: number): StepInputs {
  const view = (part: number) => tf.randomNormal([rows, 16, 16, 3], 0, 1, 'float32', 10 * seed + part);
  const rate = tf.scalar(0.1);
  return { views: { a: view(1), b: view(2) }, framework: {}, learningRate: rate, initialRate: rate };
}

function expectClose(got: TensorDict, want: TensorDict): void {
  for (const [name, tensor] of Object.entries(want)) {
    const values = got[name]!.dataSync();
    tensor.dataSync().forEach((value, place) => {
      expect(Math.abs(values[place]! - value), name).toBeLessThan(1e-5 * (1 + Math.abs(value)));
    });
  }
}

describe.each(backends)('accumulated step on %s', (backend) => {
  const framework = tinyFramework();
  const optimiser = sgd({ momentum: 0.9, weightDecay: 1e-4 });
  const recipe: Recipe = { framework, pairs, optimiser };
  beforeAll(async () => {
    await useBackend({ backend });
  });

  it('is the plain step where there is one batch', () => {
    const [plain, parts] = [trainStep(recipe), accumulatedStep(recipe)];
    const state = freshState(framework, optimiser);
    const batch = inputs(6, 1);
    const rows = tf.scalar(6);
    const want = plain(state, batch);
    const { views: _, ...rest } = batch;
    const { sum } = parts.add(state.params, { grads: {}, buffers: state.buffers }, batch, rows);
    const got = parts.finish(state, sum, rest, rows);
    expectClose(got.state.params, want.state.params);
    expectClose(got.state.buffers, want.state.buffers);
    expectClose(got.state.optimiser, want.state.optimiser);
    disposeTree([state, batch, rows, want.state, want.metrics, sum, got.state, got.metrics] as unknown as Tree);
    plain.dispose();
    parts.dispose();
  });

  it('moves by the mean of the gradients over all images of batches of unequal size, one after the other', () => {
    const parts = accumulatedStep(recipe);
    const state = freshState(framework, optimiser);
    const [first, second] = [inputs(6, 1), inputs(3, 2)];
    const one = parts.add(state.params, { grads: {}, buffers: state.buffers }, first, tf.scalar(6));
    const two = parts.add(state.params, one.sum, second, tf.scalar(3));
    const got = parts.finish(state, two.sum, { ...first, views: {} } as Omit<StepInputs, 'views'>, tf.scalar(9));
    tf.tidy(() => {
      const a = differentiate(framework, state, { views: first.views, pairs });
      const b = differentiate(framework, { params: state.params, buffers: a.buffers }, { views: second.views, pairs });
      const names = Object.keys(a.grads);
      const mean = (name: string) => tf.div(tf.add(tf.mul(a.grads[name]!, 6), tf.mul(b.grads[name]!, 3)), 9);
      const grads = Object.fromEntries(names.map((name) => [name, mean(name)]));
      const moved = optimiser.update(state.params, grads, state.optimiser, first.learningRate);
      expectClose(got.state.params, moved.params);
      expectClose(got.state.buffers, b.buffers);
    });
    disposeTree([state, first, second, one.sum, two.sum, got.state] as unknown as Tree);
    parts.dispose();
  });
});

describe('accumulate', () => {
  beforeAll(async () => {
    await useBackend({ backend: backends[0]! });
  });

  it('resumes BYOL to the same bytes, and leaves no tensor', async () => {
    const options = { framework: tinyFrameworks.byol(), accumulate: 2, batchSize: 4 };
    const [whole, parted] = [temporaryFolder(), temporaryFolder()];
    const before = tf.memory().numTensors;
    const result = await createTrainer(tinyOptions({ ...options, outDir: whole })).run();
    expect(result).toMatchObject({ step: 12, skippedSteps: 0 });
    await createTrainer(stoppedAfter(6, { ...options, outDir: parted })).run();
    await createTrainer(tinyOptions({ ...options, outDir: parted })).run({ resume: true });
    expect(newestContent(parted)).toEqual(newestContent(whole));
    expect(tf.memory().numTensors).toBe(before);
    for (const folder of [whole, parted]) rmSync(folder, { recursive: true });
  });

  it("moves MoCo's average once a step", async () => {
    const framework = moCo({ backbone: tinyBackbone(), dimension: 16, queueLength: 20, momentum: 0.5 });
    const outDir = temporaryFolder();
    // An epoch is one step of four batches.
    await createTrainer(tinyOptions({ framework, accumulate: 4, epochs: 2, outDir })).run();
    const name = 'backbone.conv1.weight';
    const start = framework.initialise(5);
    const [before, after] = listCheckpoints(join(outDir, 'checkpoints'));
    const [first, second] = [
      (await loadRun(before!)).variables(framework),
      (await loadRun(after!)).variables(framework),
    ];
    tf.tidy(() => {
      const want = tf.div(tf.add(start.params[name]!, first.params[name]!), 2);
      expectClose({ [name]: second.buffers[`key.${name}`]! }, { [name]: want });
      const moved = tf.max(tf.abs(tf.sub(start.params[name]!, first.params[name]!))).dataSync()[0]!;
      expect(moved).toBeGreaterThan(1e-3);
    });
    for (const { params, buffers } of [start, first, second]) disposeTree([params, buffers]);
    rmSync(outDir, { recursive: true });
  });

  it('names a number of batches that an epoch does not have', async () => {
    await expect(createTrainer(tinyOptions({ accumulate: 5 })).run()).rejects.toThrow(/BAD_OPTION.*accumulate/);
  });
});
