import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { tf, useBackend } from '@ssl-scene/tensors';
import { probeBudget } from '@ssl-scene/training';
import { beforeAll, describe, expect, it } from 'vitest';
import { backends, temporaryFolder, tinyOptions } from './tiny-run.ts';

beforeAll(async () => {
  await useBackend({ backend: backends[0]! });
});

describe('probeBudget', () => {
  it('predicts time, memory and disk, writes nothing and keeps no tensor', async () => {
    const outDir = join(temporaryFolder(), 'run');
    const before = tf.memory().numTensors;
    const budget = await probeBudget(tinyOptions({ outDir, epochs: 50 }), { steps: 5 });
    expect(tf.memory().numTensors).toBe(before);
    expect(existsSync(outDir)).toBe(false);
    expect(budget).toMatchObject({ steps: 200, stepsPerEpoch: 4 });
    expect(budget.seconds).toBeCloseTo(200 * budget.secondsPerStep, 10);
    expect(budget.imagesPerSecond).toBeCloseTo(8 / budget.secondsPerStep, 10);
    expect(budget.memory.peakBytes).toBeGreaterThan(50e6);
    // Batches this small may disappear in memory that is there already.
    expect(budget.memory.largestBatch ?? 9).toBeGreaterThan(8);
    expect(budget.disk!.neededBytes).toBe(4 * budget.disk!.checkpointBytes);
    expect(budget.fits).toBe(true);
  });

  it('says what would fit', async () => {
    const limits = { steps: 5, timeLimit: 1e-6, memoryLimit: 1e6 };
    const budget = await probeBudget(tinyOptions(), limits);
    expect(budget.fits).toBe(false);
    expect(budget.epochsInTime).toBe(0);
    const advice = budget.advice.join('\n');
    expect(advice).toMatch(/Needs .* GiB of 0\.00 GiB of memory/);
    expect(advice).toMatch(/`epochs` 0 of 3/);
  });

  it('names options that cannot work, as the run would', async () => {
    await expect(probeBudget(tinyOptions({ batchSize: 64 }))).rejects.toThrow(/34 images/);
  });
});
