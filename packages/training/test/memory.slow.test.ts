import { rmSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { tf, useBackend } from '@ssl-scene/tensors';
import { createTrainer, type StepEvent } from '@ssl-scene/training';
import { describe, expect, it } from 'vitest';
import { backends, temporaryFolder, tinyOptions } from './tiny-run.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

describe.each(backends)('2,000 steps on %s', (backend) => {
  it('T04: keep tensors, the heap and resident memory flat', { timeout: 900_000 }, async () => {
    await useBackend({ backend });
    const outDir = temporaryFolder();
    const tensors = new Set<number>();
    const samples: { readonly heap: number; readonly resident: number }[] = [];
    const hooks = {
      onStep: ({ step }: StepEvent) => {
        if (step < 500) return;
        tensors.add(tf.memory().numTensors);
        if (step % 50 !== 0) return;
        collectGarbage();
        const { heapUsed, rss } = process.memoryUsage();
        samples.push({ heap: heapUsed, resident: rss });
      },
    };
    await createTrainer(tinyOptions({ outDir, hooks, epochs: 500, checkpointEvery: { epochs: 0, steps: 50 } })).run();
    expect(tensors.size).toBe(1);
    const growth = (of: 'heap' | 'resident'): number =>
      meanOf(samples.slice(-10), of) - meanOf(samples.slice(0, 10), of);
    expect(growth('heap')).toBeLessThan(4 * 2 ** 20);
    expect(growth('resident')).toBeLessThan(16 * 2 ** 20);
    rmSync(outDir, { recursive: true });
  });
});

function meanOf(samples: readonly Readonly<Record<'heap' | 'resident', number>>[], of: 'heap' | 'resident'): number {
  return samples.reduce((sum, sample) => sum + sample[of], 0) / samples.length;
}
