import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { SceneError } from '@ssl-scene/errors';
import { type Framework, scalarInput, simClr } from '@ssl-scene/frameworks';
import type { Tensor } from '@ssl-scene/tensors';
import { disposeTree, tf, useBackend } from '@ssl-scene/tensors';
import {
  checkImages,
  createTrainer,
  firstNonFinite,
  loadRun,
  type RunResult,
  type TrainerOptions,
} from '@ssl-scene/training';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  backends,
  learningOptions,
  type TinyFramework,
  temporaryFolder,
  tinyBackbone,
  tinyFramework,
  tinyFrameworks,
  tinyOptions,
  tinySource,
} from './tiny-run.ts';

beforeAll(async () => {
  await useBackend({ backend: backends[0]! });
});

/** Everything that 48 steps of a run warn of. */
async function warningsOf(changes: Partial<TrainerOptions>): Promise<{ warnings: string[]; result: RunResult }> {
  const warnings: string[] = [];
  const hooks = { onWarning: (text: string) => void warnings.push(text) };
  const schedule = { kind: 'constant' } as const;
  const trainer = createTrainer(tinyOptions({ epochs: 12, watch: { everySteps: 5 }, schedule, hooks, ...changes }));
  const result = await trainer.run();
  if (trainer.variables) disposeTree([trainer.variables.params, trainer.variables.buffers]);
  return { warnings, result };
}

/** The framework with a number that is added to the first view of each step. */
function disturbed(base: Framework, at: (step: number) => number): Framework {
  return {
    ...base,
    hostInputs: (position) => ({ ...base.hostInputs?.(position), disturbance: scalarInput(at(position.step)) }),
    objective(variables, batch, prepared, context) {
      const views = { ...batch.views, a: tf.add(batch.views.a!, batch.inputs!.disturbance as Tensor) };
      return base.objective(variables, { ...batch, views }, prepared, context);
    },
  };
}

/** BYOL whose target is the online network, with the gradient flowing through both. */
function withoutStopGradient({ prepare, ...base }: Framework): Framework {
  return {
    ...base,
    objective({ params, buffers }, batch, _prepared, context) {
      const entries = Object.entries(params).map(([name, tensor]) => [`target.${name}`, tensor]);
      const online = { params, buffers: { ...buffers, ...Object.fromEntries(entries) } };
      return base.objective({ params, buffers }, batch, prepare!(online, batch), context);
    },
  };
}

describe('the watch', () => {
  it.each(Object.keys(tinyFrameworks) as TinyFramework[])('says nothing of a healthy run of %s', async (name) => {
    const { warnings, result } = await warningsOf(learningOptions(name));
    expect(warnings).toEqual([]);
    expect(result).toMatchObject({ step: 48, skippedSteps: 0 });
  });

  it.each(Object.keys(tinyFrameworks) as TinyFramework[])(
    'names a rate that is 1000 times too high, %s',
    async (name) => {
      const options = learningOptions(name);
      const warnings: string[] = [];
      const hooks = { onWarning: (text: string) => void warnings.push(text) };
      // Some of them overflow soon afterwards, which ends the run.
      await warningsOf({ ...options, learningRate: 1000 * options.learningRate, hooks }).catch((error: SceneError) =>
        expect(error.code).toBe('NON_FINITE'),
      );
      expect(warnings.join('\n')).toMatch(/Step \d+: the parameters' norm has grown.*`learningRate`/);
    },
  );

  it('names BYOL without a stop-gradient', async () => {
    const { warnings } = await warningsOf({ framework: withoutStopGradient(tinyFrameworks.byol()) });
    expect(warnings[0]).toMatch(
      /^Step 1: the loss of byol does not depend on its moving average.*stop-gradient.*`framework`/,
    );
  });

  it('names constant images', async () => {
    const { warnings } = await warningsOf({ source: tinySource({ length: 34, constant: true }), epochs: 1 });
    expect(warnings[0]).toMatch(/^Step 0: 34 of 34 images .* of one colour \(image 0, 1, 2, 3 …\).*`source`/);
  });

  it('names copies among the images', async () => {
    const { warnings } = await warningsOf({ source: tinySource({ length: 34, different: 17 }), epochs: 1 });
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/^Step 0: 17 of 34 images .* copies of another \(image 17 of 0, .*`source`/);
  });

  it('looks at images of a large data set, and passes over those that cannot be read', async () => {
    expect(await checkImages(tinySource({ length: 1000, bad: 0 }))).toEqual({ images: 63, constant: [], copies: [] });
  });
});

describe('a temperature of 0', () => {
  it('is an error before there is anything to train', () => {
    expect(() => simClr({ backbone: tinyBackbone(), temperature: 0 })).toThrow(/temperature/);
  });
});

describe('values that are not finite', () => {
  it('L20: cost the step, which is named with its images, and no more', async () => {
    const framework = disturbed(tinyFramework(), (step) => (step === 5 ? Number.NaN : 0));
    const before = tf.memory().numTensors;
    const { warnings, result } = await warningsOf({ framework, epochs: 3 });
    expect(tf.memory().numTensors).toBe(before);
    expect(result).toMatchObject({ completed: true, skippedSteps: 1 });
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/^Step 6 was skipped.*not finite: input disturbance.*`clipGradients`/);
  });

  it('in an image are named by view and row', () => {
    const framework = tinyFramework();
    const state = { ...framework.initialise(0), optimiser: {} };
    const learningRate = tf.scalar(0.1);
    const good = tf.ones([4, 16, 16, 3]);
    const bad = tf.concat([tf.ones([2, 16, 16, 3]), tf.fill([1, 16, 16, 3], Number.NaN), tf.ones([1, 16, 16, 3])]);
    const inputs = { views: { a: good, b: bad }, framework: {}, learningRate, initialRate: learningRate };
    const pairs = [{ role: 'global', a: 'a', b: 'b' }];
    expect(firstNonFinite(framework, pairs, state, inputs)).toBe('view b, row 2');
    disposeTree([state.params, state.buffers, inputs.views, learningRate]);
  });

  it('are refused where images are normalised', () => {
    const normalise = { mean: [0.5, Number.NaN, 0.5], std: [1, 1, 1] } as const;
    expect(() => createTrainer(tinyOptions({ normalise }))).toThrow(/normalise/);
  });

  it.each([1, 2])(
    'L20: stop the run after a set number in a row, batches listed, the state whole; %i batches a step',
    async (accumulate) => {
      const outDir = temporaryFolder();
      const framework = disturbed(tinyFramework(), (step) => (step >= 5 ? Number.NaN : 0));
      const options = { framework, outDir, accumulate, batchSize: 8 / accumulate, maxSkippedSteps: 2 };
      const before = tf.memory().numTensors;
      const error = await createTrainer(tinyOptions(options))
        .run()
        .catch((thrown: Error) => thrown);
      expect(tf.memory().numTensors).toBe(before);
      expect((error as Error).message).toMatch(/NON_FINITE.*3 steps in a row.*input disturbance.*epoch 2, step 8/);
      const record = JSON.parse(readFileSync(join(outDir, 'non-finite.json'), 'utf8'));
      expect(record.steps.map(({ step }: { step: number }) => step)).toEqual([5, 6, 7]);
      expect(record.indices).toHaveLength(8);
      expect(readdirSync(join(outDir, 'checkpoints'))).toEqual(['step-00000004']);
      const { params, buffers } = (await loadRun(outDir)).variables(tinyFramework());
      for (const tensor of Object.values(params)) expect(tensor.dataSync().every(Number.isFinite)).toBe(true);
      disposeTree([params, buffers]);
      rmSync(outDir, { recursive: true });
    },
  );

  it('L20: never reach a checkpoint by an update that overflows', async () => {
    const outDir = temporaryFolder();
    const options = { outDir, learningRate: 1e30, schedule: { kind: 'constant' } as const, maxSkippedSteps: 3 };
    await expect(createTrainer(tinyOptions(options)).run()).rejects.toThrow(/NON_FINITE.*after the update/);
    expect(existsSync(join(outDir, 'checkpoints'))).toBe(false);
    rmSync(outDir, { recursive: true });
  });
});
