import { rmSync } from 'node:fs';
import { type Framework, moCo } from '@ssl-scene/frameworks';
import { branchPlan, type MaskerSpec } from '@ssl-scene/masking';
import { createTrainer, type MaskingOptions, type TrainerOptions } from '@ssl-scene/training';
import { expect } from 'vitest';
import { newestContent } from './child-run.ts';
import { stoppedAfter, temporaryFolder, tinyBackbone, tinyOptions } from './tiny-run.ts';

/** A pair with a hard negative, and the masks that make it. */
export const negativePairs = [{ role: 'global', a: 'a', b: 'b', hardNegative: 'negative' }];
export const negativePlan = branchPlan({ query: 'a', key: 'b', negatives: ['negative'] });

export function maskerSpec(kind: 'high-pass' | 'blur' | 'mean', plan = negativePlan): MaskerSpec {
  return { kind: 'patches', plan, strategy: { kind }, grid: 4 };
}

export function tinyMoCo(backbone = tinyBackbone()): Framework {
  return moCo({ backbone, dimension: 16, queueLength: 20, splits: 2 });
}

/** Options of a tiny run of MoCo with masks and hard negatives. */
export function maskedOptions(masking: Partial<MaskingOptions>, changes: Partial<TrainerOptions> = {}): TrainerOptions {
  return tinyOptions({
    framework: tinyMoCo(),
    pairs: negativePairs,
    masking: { masker: maskerSpec('mean'), ...masking },
    ...changes,
  });
}

/** Pictures of one bright rectangle, with masks of it. */
export function tinyObjects(options: { masks?: boolean } = {}): TrainerOptions['source'] {
  const module = new URL('./fixtures/tiny-objects.mjs', import.meta.url).href;
  return { kind: 'plugin', module, options: { length: 34, ...options } };
}

export function withFolder<T>(run: (outDir: string) => Promise<T>): Promise<T> {
  const outDir = temporaryFolder();
  return run(outDir).finally(() => rmSync(outDir, { recursive: true }));
}

/** Expects a run that stops in the middle of an epoch and resumes to end with the bytes of one that does not stop. */
export async function expectSameBytes(
  options: () => TrainerOptions,
  look: (outDir: string) => void = () => undefined,
): Promise<void> {
  await withFolder((whole) =>
    withFolder(async (parted) => {
      await createTrainer({ ...options(), outDir: whole }).run();
      const { signal, hooks } = stoppedAfter(6, {});
      await createTrainer({ ...options(), outDir: parted, signal: signal!, hooks: hooks! }).run();
      await createTrainer({ ...options(), outDir: parted }).run({ resume: true });
      expect(newestContent(parted)).toEqual(newestContent(whole));
      look(whole);
    }),
  );
}
