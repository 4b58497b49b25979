import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BackendName, useBackend } from '@ssl-scene/tensors';
import { createTrainer, listCheckpoints, type TrainerOptions } from '@ssl-scene/training';
import { expect } from 'vitest';
import { newestContent } from './child-run.ts';
import { learningOptions, type TinyFramework, temporaryFolder, tinyOptions } from './tiny-run.ts';

/** One of the runs whose interruption must not show. */
export interface ResumeCase {
  readonly framework: TinyFramework;
  readonly backend: BackendName;
  readonly workers: number;
}

const program = fileURLToPath(new URL('./fixtures/killed-run.ts', import.meta.url));
const conditions = process.env.SSL_SCENE_TEST === 'dist' ? [] : ['--conditions=@ssl-scene/source'];

/** A run of 20 steps, 4 in each epoch, with a checkpoint after every third. */
export function resumeOptions({ framework, workers }: ResumeCase): TrainerOptions {
  return tinyOptions({
    ...learningOptions(framework),
    workers,
    epochs: 5,
    checkpointEvery: { steps: 3 },
    watch: { images: false },
  });
}

/** The final checkpoint of the run without interruption. */
export async function uninterrupted(resumeCase: ResumeCase): Promise<Record<string, string>> {
  const outDir = temporaryFolder();
  await useBackend({ backend: resumeCase.backend });
  await createTrainer({ ...resumeOptions(resumeCase), outDir }).run();
  const content = newestContent(outDir);
  rmSync(outDir, { recursive: true });
  return content;
}

/** The final checkpoint of the run that was killed after step 7 in a process of its own, and then resumed. */
export async function killedAndResumed(resumeCase: ResumeCase): Promise<Record<string, string>> {
  const outDir = temporaryFolder();
  const killed = spawnSync(
    process.execPath,
    [...conditions, '--import', 'tsx', program, outDir, JSON.stringify(resumeCase)],
    { encoding: 'utf8' },
  );
  expect(killed.signal, killed.stderr).toBe('SIGKILL');
  expect(listCheckpoints(join(outDir, 'checkpoints')).at(-1)).toMatch(/step-0000000[346]$/);
  await useBackend({ backend: resumeCase.backend });
  const result = await createTrainer({ ...resumeOptions(resumeCase), outDir }).run({ resume: true });
  expect(result).toMatchObject({ completed: true, step: 20 });
  const content = newestContent(outDir);
  rmSync(outDir, { recursive: true });
  return content;
}
