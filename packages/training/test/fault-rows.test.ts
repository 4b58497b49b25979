import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { useBackend } from '@ssl-scene/tensors';
import { createTrainer, type MetricsLine, type StepEvent, type TrainerOptions } from '@ssl-scene/training';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newestContent } from './child-run.ts';
import { backends, temporaryFolder, tinyOptions } from './tiny-run.ts';

const folders: string[] = [];
let outDir: string;
beforeAll(async () => {
  await useBackend({ backend: backends[0]! });
});
beforeEach(() => {
  outDir = newFolder();
});
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function newFolder(): string {
  folders.push(temporaryFolder());
  return folders.at(-1)!;
}

const linesOf = (folder: string): MetricsLine[] =>
  readFileSync(join(folder, 'metrics.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

/** Trains until `stop` steps are done, resuming where there is something to resume, and gives what each step looked at. */
async function stepsUntil(stop: number, changes: Partial<TrainerOptions>): Promise<StepEvent[]> {
  const steps: StepEvent[] = [];
  const controller = new AbortController();
  const onStep = (event: StepEvent): void => {
    steps.push(event);
    if (event.step === stop) controller.abort();
  };
  const options = tinyOptions({ ...changes, signal: controller.signal, hooks: { onStep } });
  await createTrainer(options).run({ resume: options.outDir !== undefined });
  return steps;
}

describe('faults of similar systems', () => {
  it('C01: an order of images of its own for every epoch, also where the run is stopped after each', async () => {
    const want = await stepsUntil(12, { outDir: newFolder() });
    const got: StepEvent[] = [];
    for (const stop of [4, 8, 12]) got.push(...(await stepsUntil(stop, { outDir })));
    expect(got.map(({ indices }) => [...indices])).toEqual(want.map(({ indices }) => [...indices]));
    const orders = [0, 4, 8].map((first) => got.slice(first, first + 4).flatMap(({ indices }) => [...indices]));
    expect(new Set(orders.map((order) => order.join())).size).toBe(3);
  });

  it('C02: resuming within an epoch goes on with the very losses that would have come', async () => {
    const want = await stepsUntil(12, { outDir: newFolder() });
    const got = [...(await stepsUntil(6, { outDir })), ...(await stepsUntil(12, { outDir }))];
    expect(got.map(({ loss }) => loss)).toEqual(want.map(({ loss }) => loss));
  });

  it('C11: a stopped run resumes with regions, evaluation, accumulation and clipping all together', async () => {
    const plan = tinyOptions().plan;
    const changes: Partial<TrainerOptions> = {
      plan: { views: plan.views.map((view) => ({ ...view, crop: { kind: 'contrastive', scale: [0.3, 1] } })) },
      regions: { size: 16, warmup: 1, interval: 1, heatMaps: true },
      evaluation: { run: ({ step }) => ({ score: -step }) },
      keepBest: { metric: 'score' },
      accumulate: 2,
      batchSize: 4,
      clipGradients: { limit: 1 },
    };
    const whole = newFolder();
    await stepsUntil(12, { ...changes, outDir: whole });
    for (const stop of [3, 4, 7, 12]) await stepsUntil(stop, { ...changes, outDir });
    expect(newestContent(outDir)).toEqual(newestContent(whole));
  });

  it('Q06: a second run in the same process is not touched by the first', async () => {
    await stepsUntil(12, { outDir });
    const second = newFolder();
    await stepsUntil(12, { outDir: second });
    expect(newestContent(second)).toEqual(newestContent(outDir));
  });

  it('O04, O10: the rate of each step is the same where the run was stopped during its warm-up', async () => {
    const changes: Partial<TrainerOptions> = { schedule: { kind: 'step-cosine', warmupEpochs: 2 } };
    const want = await stepsUntil(12, changes);
    const got = [...(await stepsUntil(3, { ...changes, outDir })), ...(await stepsUntil(12, { ...changes, outDir }))];
    expect(got.map(({ learningRate }) => learningRate)).toEqual(want.map(({ learningRate }) => learningRate));
    expect(want[0]!.learningRate).toBe(0);
  });

  it('O09: the log says what the images of a step are made of, and O01: which parameters decay', async () => {
    const optimiser = { kind: 'lars', weightDecay: 1e-4 } as const;
    await stepsUntil(1, { outDir, optimiser, batchSize: 4, accumulate: 2 });
    const start = linesOf(outDir).find(({ kind }) => kind === 'start')!;
    expect(start).toMatchObject({ batchSize: 4, accumulate: 2, imagesPerStep: 8, learningRate: 0.05, step: 0 });
    const groups = start.parameterGroups as { decayed: boolean; tensors: number; size: number }[];
    expect(groups.map(({ decayed }) => decayed)).toEqual([true, false]);
    expect(groups.every(({ tensors, size }) => tensors > 0 && size >= tensors)).toBe(true);
  });
});

describe('clipGradients', () => {
  it('shortens the step, not the norm that is logged', async () => {
    const free = await stepsUntil(2, {});
    const clipped = await stepsUntil(2, { clipGradients: { limit: 1e-6 } });
    expect(clipped[0]!.metrics.gradientNorm).toBe(free[0]!.metrics.gradientNorm);
    const moved = (steps: readonly StepEvent[]): number =>
      Math.abs(steps[1]!.metrics.parameterNorm! - steps[0]!.metrics.parameterNorm!);
    expect(moved(clipped)).toBeLessThan(moved(free));
  });

  it.each([{ limit: 0 }, { limit: Number.NaN }, { limit: 1, kind: 'all' as never }])('refuses %o', (clipGradients) => {
    expect(() => createTrainer(tinyOptions({ clipGradients }))).toThrow('clipGradients');
  });
});

describe('cacheMegabytes', () => {
  it('changes no bit', async () => {
    const other = newFolder();
    await stepsUntil(12, { outDir: other });
    await stepsUntil(12, { outDir, cacheMegabytes: 1 });
    expect(newestContent(outDir)).toEqual(newestContent(other));
  });
});
