import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { useBackend } from '@ssl-scene/tensors';
import { createTrainer, type MetricsLine } from '@ssl-scene/training';
import { describe, expect, it } from 'vitest';
import { backends, stoppedAfter, temporaryFolder, tinyOptions } from './tiny-run.ts';

/** A Python with `tensorboard` of the package index; SSL_SCENE_TEST_PYTHON names one other than `python3`. */
const python = process.env.SSL_SCENE_TEST_PYTHON ?? 'python3';
const isAvailable = spawnSync(python, ['-c', 'import tensorboard']).status === 0;

describe.skipIf(!isAvailable)('TensorBoard (needs a Python with tensorboard)', () => {
  it('reads a run that was stopped and resumed, each step once', { timeout: 120_000 }, async () => {
    await useBackend({ backend: backends[0]! });
    const outDir = temporaryFolder();
    const options = { outDir, logEvery: 1, checkpointEvery: { steps: 3 } };
    await createTrainer(stoppedAfter(7, options)).run();
    // As after a kill: what came after the checkpoint of step 6 is done again.
    rmSync(join(outDir, 'checkpoints', 'step-00000007'), { recursive: true });
    await createTrainer(tinyOptions(options)).run({ resume: true });
    const reader = fileURLToPath(new URL('./fixtures/read-events.py', import.meta.url));
    const { stdout, stderr } = spawnSync(python, [reader, outDir], { encoding: 'utf8' });
    expect(stdout, stderr).not.toBe('');
    const read = JSON.parse(stdout) as Record<string, [number, number][]>;
    const logged = readFileSync(join(outDir, 'metrics.jsonl'), 'utf8').trim().split('\n');
    const steps = logged.map((line) => JSON.parse(line) as MetricsLine).filter(({ kind }) => kind === 'step');
    expect(read['train/loss']!.map(([step]) => step)).toEqual(Array.from({ length: 12 }, (_, index) => index + 1));
    expect(read['train/loss']).toEqual(steps.map(({ step, loss }) => [step, Math.fround(Number(loss))]));
    expect(read['epoch/loss']!.map(([step]) => step)).toEqual([4, 8, 12]);
    rmSync(outDir, { recursive: true });
  });
});
