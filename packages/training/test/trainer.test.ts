import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { disposeTree, tf, useBackend } from '@ssl-scene/tensors';
import { createTrainer, listCheckpoints, loadRun, type RefreshEvent } from '@ssl-scene/training';
import { beforeAll, describe, expect, it } from 'vitest';
import { newFolders } from './new-folders.ts';
import { backends, easyPlan, stoppedAfter, tinyFramework, tinyOptions, tinyPlan, tinySource } from './tiny-run.ts';

const newFolder = newFolders();

/** All files of the newest checkpoint. */
function newestCheckpoint(outDir: string): Record<string, Buffer> {
  const path = listCheckpoints(join(outDir, 'checkpoints')).at(-1)!;
  return Object.fromEntries(readdirSync(path).map((name) => [name, readFileSync(join(path, name))]));
}

function expectSameCheckpoint(a: string, b: string): void {
  const [first, second] = [newestCheckpoint(a), newestCheckpoint(b)];
  expect(Object.keys(second)).toEqual(Object.keys(first));
  const different = Object.keys(first).filter((name) => !second[name]!.equals(first[name]!));
  expect(different).toEqual([]);
}

for (const backend of backends) {
  describe(`trainer on ${backend}`, () => {
    beforeAll(async () => {
      await useBackend({ backend });
    });

    it('learns: the loss falls', async () => {
      const losses: number[] = [];
      const hooks = {
        onEpoch: ({ metrics }: { metrics: Readonly<Record<string, number>> }) => void losses.push(metrics.loss!),
      };
      const trainer = createTrainer(
        tinyOptions({ plan: easyPlan(), source: tinySource({ length: 64 }), batchSize: 16, epochs: 8, hooks }),
      );
      const result = await trainer.run();
      expect(result).toMatchObject({ completed: true, epoch: 8, step: 32, skippedSteps: 0, badImages: [] });
      expect(losses).toHaveLength(8);
      expect(losses.at(-1)!).toBeLessThan(losses[0]! - 0.5);
      expect(trainer.variables!.params['backbone.conv1.weight']!.shape).toEqual([3, 3, 3, 4]);
      disposeTree([trainer.variables!.params, trainer.variables!.buffers]);
    });

    it('resumes a run with regions to the same bytes', async () => {
      const regions = { size: 16, warmup: 1, interval: 1, heatMaps: true };
      const changes = { plan: tinyPlan('contrastive'), regions };
      const whole = newFolder();
      const parted = newFolder();
      const refreshes: RefreshEvent[] = [];
      const hooks = { onRefresh: (event: RefreshEvent) => void refreshes.push(event) };
      await createTrainer(tinyOptions({ ...changes, outDir: whole, hooks })).run();
      expect(refreshes.map(({ epoch, images }) => [epoch, images])).toEqual([
        [0, 34],
        [1, 34],
      ]);
      await createTrainer(stoppedAfter(6, { ...changes, outDir: parted })).run();
      await createTrainer(tinyOptions({ ...changes, outDir: parted })).run({ resume: true });
      expectSameCheckpoint(whole, parted);
      expect(Object.keys(newestCheckpoint(whole))).toContain('regions.safetensors');
    });

    it('T04: keeps the number of tensors flat', async () => {
      const counts: number[] = [];
      const hooks = { onStep: () => void counts.push(tf.memory().numTensors) };
      const before = tf.memory().numTensors;
      const outDir = newFolder();
      await createTrainer(tinyOptions({ epochs: 5, outDir, checkpointEvery: { steps: 2 }, hooks })).run();
      expect(new Set(counts.slice(1)).size).toBe(1);
      expect(tf.memory().numTensors).toBe(before);
    });

    it('gives what was trained back from the folder', async () => {
      const outDir = newFolder();
      const resolvedConfig = { hello: [1, 2] };
      await createTrainer(tinyOptions({ outDir, resolvedConfig })).run();
      const run = await loadRun(outDir);
      expect(run).toMatchObject({ epoch: 3, step: 12, config: resolvedConfig });
      expect(run.facts).toMatchObject({ seed: 5, batchSize: 8, images: 34, framework: 'simclr', backend });
      const { params, buffers } = run.variables(tinyFramework());
      expect(Object.keys(params)).toEqual(tinyFramework().parameters.map(({ name }) => name));
      expect(buffers['backbone.bn1.num_batches_tracked']!.dataSync()[0]).toBe(12);
      disposeTree([params, buffers]);
    });

    it('a loss that is no number stops the run, names the first tensor and lists the batch', async () => {
      const outDir = newFolder();
      const trainer = createTrainer(
        tinyOptions({ outDir, learningRate: 1e30, schedule: { kind: 'constant' }, checkpointEvery: { steps: 1 } }),
      );
      const error = await trainer.run().catch((thrown: Error) => thrown);
      expect((error as Error).message).toMatch(/NON_FINITE.*first tensor that is not finite: \S+/);
      const record = JSON.parse(readFileSync(join(outDir, 'non-finite.json'), 'utf8'));
      expect(record.indices).toHaveLength(8);
      const run = await loadRun(outDir);
      expect(run.step).toBeGreaterThan(0);
      expect(run.step).toBe(record.step);
    });
  });
}

describe('trainer', () => {
  beforeAll(async () => {
    await useBackend({ backend: backends[0]! });
  });

  it.each([0, 1])('C02: stop within an epoch and resume gives the same bytes, %i workers', async (workers) => {
    const whole = newFolder();
    const parted = newFolder();
    await createTrainer(tinyOptions({ outDir: whole })).run();
    for (const stop of [1, 6]) {
      const resume = stop !== 1;
      const result = await createTrainer(stoppedAfter(stop, { outDir: parted, workers })).run({ resume });
      expect(result).toMatchObject({ completed: false, stoppedBy: 'abort', step: stop });
    }
    const result = await createTrainer(tinyOptions({ outDir: parted, workers })).run({ resume: true });
    expect(result).toMatchObject({ completed: true, step: 12 });
    expectSameCheckpoint(whole, parted);
  });

  it('writes the same step lines whether it was interrupted or not', async () => {
    const lines = (outDir: string): unknown[] =>
      readFileSync(join(outDir, 'metrics.jsonl'), 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line))
        .filter(({ kind }) => kind === 'step')
        .map(({ imagesPerSecond: _, waitShare: __, ...rest }) => rest);
    const whole = newFolder();
    const parted = newFolder();
    await createTrainer(tinyOptions({ outDir: whole, logEvery: 1 })).run();
    await createTrainer(stoppedAfter(7, { outDir: parted, logEvery: 1 })).run();
    await createTrainer(tinyOptions({ outDir: parted, logEvery: 1 })).run({ resume: true });
    expect(lines(parted)).toEqual(lines(whole));
    expect(lines(whole)).toHaveLength(12);
  });

  it('keeps the newest checkpoints only', async () => {
    const outDir = newFolder();
    await createTrainer(tinyOptions({ outDir, checkpointEvery: { steps: 1 }, keepLast: 2 })).run();
    const names = readdirSync(join(outDir, 'checkpoints'));
    expect(names).toEqual(['step-00000011', 'step-00000012']);
  });

  it('goes on from the checkpoint before a damaged one, and says so', async () => {
    const outDir = newFolder();
    await createTrainer(tinyOptions({ outDir })).run();
    rmSync(join(outDir, 'checkpoints', 'step-00000012', 'model.safetensors'));
    const warnings: string[] = [];
    const hooks = { onWarning: (message: string) => void warnings.push(message) };
    const result = await createTrainer(tinyOptions({ outDir, hooks })).run({ resume: true });
    expect(result.completed).toBe(true);
    expect(warnings.some((text) => text.includes('step-00000012') && text.includes('damaged'))).toBe(true);
  });

  it('refuses another seed on resume, and a new run over an old one', async () => {
    const outDir = newFolder();
    await createTrainer(stoppedAfter(2, { outDir })).run();
    await expect(createTrainer(tinyOptions({ outDir, seed: 6 })).run({ resume: true })).rejects.toThrow('seed 5');
    await expect(createTrainer(tinyOptions({ outDir })).run()).rejects.toThrow('Resume the run');
  });

  it('resumes from nothing by starting', async () => {
    const outDir = newFolder();
    const result = await createTrainer(tinyOptions({ outDir, epochs: 1 })).run({ resume: true });
    expect(result.completed).toBe(true);
    expect(existsSync(result.checkpoint!)).toBe(true);
  });

  it('lists images that cannot be read and trains on the others', async () => {
    const source = tinySource({ length: 32, bad: 3 });
    const result = await createTrainer(tinyOptions({ source, epochs: 1, outDir: newFolder() })).run();
    expect(result.completed).toBe(true);
    expect(result.badImages.map(({ index }) => index)).toEqual([3]);
  });

  it('names a batch larger than the data set', async () => {
    await expect(createTrainer(tinyOptions({ batchSize: 64 })).run()).rejects.toThrow(/34 images/);
  });

  it.each([
    ['epochs', { epochs: 0 }],
    ['batchSize', { batchSize: 1 }],
    ['learningRate', { learningRate: Number.NaN }],
    ['pairs', { pairs: [{ role: 'global', a: 'a', b: 'c' }] }],
  ])('names a bad %s before anything starts', (name, changes) => {
    expect(() => createTrainer(tinyOptions(changes))).toThrow(name);
  });
});
