import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { disposeTree, tf, useBackend } from '@ssl-scene/tensors';
import { createTrainer, type StepEvent } from '@ssl-scene/training';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newestContent } from './child-run.ts';
import { beforeWriting, diskFull } from './slow-disk.ts';
import { backends, temporaryFolder, tinyFramework, tinyOptions } from './tiny-run.ts';

let outDir: string;
/** The final checkpoint of the run without trouble. */
let want: Record<string, string>;
let restore = (): void => undefined;
beforeAll(async () => {
  await useBackend({ backend: backends[0]! });
  want = await undisturbed(3);
});
beforeEach(() => {
  outDir = temporaryFolder();
});
afterEach(() => {
  restore();
  rmSync(outDir, { recursive: true });
});

async function undisturbed(epochs: number): Promise<Record<string, string>> {
  const folder = temporaryFolder();
  await createTrainer(tinyOptions({ outDir: folder, epochs })).run();
  const content = newestContent(folder);
  rmSync(folder, { recursive: true });
  return content;
}

describe('a slow disk', () => {
  it('does not stall training, and changes nothing', async () => {
    let waiting = 0;
    restore = beforeWriting(async () => {
      waiting++;
      await setTimeout(300);
      waiting--;
    });
    const whileWriting: number[] = [];
    const hooks = { onStep: ({ step }: StepEvent) => void (waiting > 0 && whileWriting.push(step)) };
    await createTrainer(tinyOptions({ outDir, epochs: 6, checkpointEvery: { epochs: 0, steps: 10 }, hooks })).run();
    restore();
    expect(whileWriting.length).toBeGreaterThan(1);
    expect(newestContent(outDir)).toEqual(await undisturbed(6));
  });
});

describe('a full disk', () => {
  it('in the middle of a run costs that checkpoint, and says so', async () => {
    const warnings: string[] = [];
    restore = beforeWriting((path) => {
      if (path.includes('step-00000008')) throw diskFull(path);
    });
    const hooks = { onWarning: (text: string) => void warnings.push(text) };
    const result = await createTrainer(tinyOptions({ outDir, hooks })).run();
    restore();
    expect(result.completed).toBe(true);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/checkpoint of step 8 .*ENOSPC.*Free some space/);
    expect(newestContent(outDir)).toEqual(want);
  });

  it('at the end is waited for', async () => {
    let tries = 0;
    restore = beforeWriting((path) => {
      if (path.includes('step-00000012') && tries++ === 0) throw diskFull(path);
    });
    const result = await createTrainer(tinyOptions({ outDir, checkpointPatience: 20 })).run();
    restore();
    expect(tries).toBeGreaterThan(1);
    expect(result.checkpoint).toMatch(/step-00000012$/);
    expect(newestContent(outDir)).toEqual(want);
  });

  it('that stays full is a clear error; earlier checkpoints and the variables are there, and the run resumes', async () => {
    restore = beforeWriting((path) => {
      if (!path.includes('step-00000004')) throw diskFull(path);
    });
    const trainer = createTrainer(tinyOptions({ outDir, checkpointPatience: 0 }));
    await expect(trainer.run()).rejects.toThrow(/CHECKPOINT_NOT_WRITTEN.*ENOSPC.*step-00000012/);
    restore();
    const { params, buffers } = trainer.variables!;
    expect(Object.keys(params)).toEqual(tinyFramework().parameters.map(({ name }) => name));
    disposeTree([params, buffers]);
    const result = await createTrainer(tinyOptions({ outDir })).run({ resume: true });
    expect(result.completed).toBe(true);
    expect(newestContent(outDir)).toEqual(want);
  });

  it('C10: saves ten times without keeping a tensor', async () => {
    const before = tf.memory().numTensors;
    await createTrainer(tinyOptions({ outDir, checkpointEvery: { steps: 1 } })).run();
    expect(tf.memory().numTensors).toBe(before);
    expect(readFileSync(join(outDir, 'metrics.jsonl'), 'utf8').match(/"kind":"checkpoint"/g)).toHaveLength(12);
  });
});
