import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { weightedKnn } from '@ssl-scene/evaluators';
import { disposeTree, tf, useBackend } from '@ssl-scene/tensors';
import {
  createTrainer,
  type EvaluatedNetwork,
  type EvaluationEvent,
  extractFeatures,
  loadBestRun,
  loadRun,
} from '@ssl-scene/training';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { backends, stoppedAfter, temporaryFolder, tinyFramework, tinyOptions, tinySource } from './tiny-run.ts';

let outDir: string;
beforeAll(async () => {
  await useBackend({ backend: backends[0]! });
});
beforeEach(() => {
  outDir = temporaryFolder();
});
afterEach(() => rmSync(outDir, { recursive: true }));

/** Leave-none-out kNN on the training images, whose labels are their index modulo 4. */
async function knn({ backbone, variables }: EvaluatedNetwork): Promise<Record<string, number>> {
  const source = tinySource({ length: 34 });
  const { features, indices, dimension } = await extractFeatures({ backbone, variables, source, size: 16, workers: 0 });
  const labels = Int32Array.from(indices, (index) => index % 4);
  const { accuracy } = weightedKnn({
    bank: features,
    bankLabels: labels,
    queries: features,
    queryLabels: labels,
    dimension,
    classes: 4,
    k: 3,
  });
  return { knn: accuracy };
}

describe('evaluation', () => {
  it('runs every n epochs and after the last, is logged and told, and leaves no tensor', async () => {
    const events: EvaluationEvent[] = [];
    const hooks = { onEvaluation: (event: EvaluationEvent) => void events.push(event) };
    const before = tf.memory().numTensors;
    const evaluation = { everyEpochs: 2, run: knn };
    const result = await createTrainer(tinyOptions({ outDir, hooks, evaluation })).run();
    expect(tf.memory().numTensors).toBe(before);
    expect(events.map(({ epoch, step }) => [epoch, step])).toEqual([
      [1, 8],
      [2, 12],
    ]);
    expect(events[1]!.values.knn).toBeGreaterThan(0.5);
    expect(result.evaluation).toEqual(events[1]!.values);
    const lines = readFileSync(join(outDir, 'metrics.jsonl'), 'utf8').trim().split('\n');
    const logged = lines.map((line) => JSON.parse(line)).filter(({ kind }) => kind === 'evaluation');
    expect(logged.map(({ epoch, step, knn }) => [epoch, step, knn])).toEqual(
      events.map(({ epoch, step, values }) => [epoch + 1, step, values.knn]),
    );
  });

  it('changes nothing of the training', async () => {
    const other = temporaryFolder();
    await createTrainer(tinyOptions({ outDir, evaluation: { run: knn } })).run();
    await createTrainer(tinyOptions({ outDir: other })).run();
    const bytes = (folder: string): Buffer => readFileSync(join(folder, 'checkpoints/step-00000012/model.safetensors'));
    expect(bytes(outDir).equals(bytes(other))).toBe(true);
    rmSync(other, { recursive: true });
  });
});

describe('hooks', () => {
  it('are called in the stated order', async () => {
    const calls: string[] = [];
    const note = (name: string) => (): void => void calls.push(name);
    const hooks = {
      onStep: note('step'),
      onEpoch: note('epoch'),
      onRefresh: note('refresh'),
      onEvaluation: note('evaluation'),
      onCheckpoint: note('checkpoint'),
    };
    const regions = { size: 16, warmup: 1, interval: 1 };
    const changes = { outDir, hooks, regions, epochs: 2, batchSize: 34, evaluation: { run: () => ({ one: 1 }) } };
    await createTrainer(tinyOptions(changes)).run();
    const ends = ['epoch', 'refresh', 'evaluation'];
    expect(calls.filter((name) => name !== 'checkpoint')).toEqual(['step', ...ends, 'step', 'epoch', 'evaluation']);
    expect(calls.at(-1)).toBe('checkpoint');
    expect(calls.indexOf('checkpoint')).toBeGreaterThan(calls.indexOf('evaluation'));
  });
});

describe('keepBest', () => {
  const values = [1, 5, 2, 4, 3];
  const options = {
    epochs: 5,
    keepLast: 1,
    keepBest: { metric: 'score' },
    evaluation: { run: ({ epoch }: EvaluatedNetwork) => ({ score: values[epoch]! }) },
  };

  it('keeps the best checkpoint besides the newest, and finds it again', async () => {
    const result = await createTrainer(tinyOptions({ ...options, outDir })).run();
    expect(result.best).toEqual({ metric: 'score', value: 5, step: 8 });
    expect(readdirSync(join(outDir, 'checkpoints'))).toEqual(['step-00000008', 'step-00000020']);
    const best = await loadBestRun(outDir);
    expect([best.step, best.epoch]).toEqual([8, 2]);
    const { params, buffers } = best.variables(tinyFramework());
    disposeTree([params, buffers]);
  });

  it('remembers the best over a resume', async () => {
    await createTrainer(stoppedAfter(13, { ...options, outDir })).run();
    const result = await createTrainer(tinyOptions({ ...options, outDir })).run({ resume: true });
    expect(result.best).toEqual({ metric: 'score', value: 5, step: 8 });
    expect((await loadRun(outDir)).facts.best?.step).toBe(8);
  });

  it('takes an epoch’s metric where less is better, the same whether the epoch was interrupted or not', async () => {
    const other = temporaryFolder();
    const keepBest = { metric: 'loss', mode: 'min' as const };
    await createTrainer(tinyOptions({ keepBest, outDir })).run();
    await createTrainer(stoppedAfter(6, { keepBest, outDir: other })).run();
    await createTrainer(tinyOptions({ keepBest, outDir: other })).run({ resume: true });
    const { facts } = await loadRun(outDir);
    expect(facts.best).not.toBeNull();
    expect((await loadRun(other)).facts).toEqual(facts);
    rmSync(other, { recursive: true });
  });

  it('says where a run has no best checkpoint', async () => {
    await createTrainer(tinyOptions({ outDir, epochs: 1 })).run();
    await expect(loadBestRun(outDir)).rejects.toThrow(/NO_BEST_CHECKPOINT.*keepBest/);
  });
});
