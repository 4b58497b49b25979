import { branchPlan, type MaskerSpec } from '@ssl-scene/masking';
import { useBackend } from '@ssl-scene/tensors';
import { createTrainer, type TrainerOptions } from '@ssl-scene/training';
import { beforeAll, describe, expect, it } from 'vitest';
import { newestContent } from './child-run.ts';
import { expectSameBytes, maskedOptions, maskerSpec, negativePlan, tinyObjects, withFolder } from './masked-run.ts';
import { backends, type TinyFramework, tinyFrameworks, tinyPlan } from './tiny-run.ts';

const query = branchPlan({ query: 'a', key: 'b' });
const pair = [{ role: 'global', a: 'a', b: 'b' }];

/** Every framework that masks are made for, every strategy, and every source of saliency. */
const runs: Record<string, () => TrainerOptions> = {
  'simclr, high-pass, hard negatives': () => masked('simclr', {}, { masking: { masker: maskerSpec('high-pass') } }),
  'moco, blur, hard negatives, bfloat16': () =>
    masked(
      'moco',
      { precision: 'bfloat16' },
      { masking: { masker: maskerSpec('blur'), saliency: { kind: 'average' } } },
    ),
  'byol, mean, two batches a step': () =>
    masked(
      'byol',
      { accumulate: 2, batchSize: 4, pairs: pair },
      { masking: { masker: maskerSpec('mean', query), saliency: { kind: 'average' } } },
    ),
  'simsiam, the MSCN baseline': () =>
    masked('simsiam', { pairs: pair }, { masking: { masker: { kind: 'mscn', views: ['a', 'b'], grid: 4 } } }),
  'simclr, heat maps of the regions': () =>
    masked(
      'simclr',
      { regions: { size: 16, warmup: 1, interval: 1, heatMaps: true }, plan: tinyPlan('contrastive') },
      { masking: { masker: maskerSpec('mean'), saliency: { kind: 'heat-maps' } } },
    ),
  'moco, object masks': () =>
    masked(
      'moco',
      { source: tinyObjects() },
      { masking: { masker: maskerSpec('mean'), saliency: { kind: 'object-masks' } } },
    ),
};

function masked(
  framework: TinyFramework,
  changes: Partial<TrainerOptions>,
  { masking }: Pick<TrainerOptions, 'masking'>,
): TrainerOptions {
  return maskedOptions(masking!, { framework: tinyFrameworks[framework](), ...changes });
}

describe.each(backends)('runs with masks on %s', (backend) => {
  beforeAll(async () => {
    await useBackend({ backend });
  });

  it.each(Object.entries(runs))(
    '%s: stopping and resuming leave the same bytes',
    { timeout: 240_000 },
    async (_, options) => {
      await expectSameBytes(options);
    },
  );

  it('the number of workers does not change a byte', { timeout: 240_000 }, async () => {
    const contents = await Promise.all(
      [0, 2].map((workers) =>
        withFolder(async (outDir) => {
          await createTrainer({ ...runs['simclr, heat maps of the regions']!(), workers, outDir }).run();
          return newestContent(outDir);
        }),
      ),
    );
    expect(contents[0]).toEqual(contents[1]);
  });
});

describe('masks', () => {
  it('differ from batch to batch of an accumulated step, and in bfloat16 are those of float32', {
    timeout: 240_000,
  }, async () => {
    await useBackend({ backend: backends[0]! });
    const shares = async (changes: Partial<TrainerOptions>): Promise<number[]> => {
      const seen: number[] = [];
      const hooks = {
        onStep: ({ metrics }: { metrics: Readonly<Record<string, number>> }) => void seen.push(metrics['masked.a']!),
      };
      const masker: MaskerSpec = {
        kind: 'patches',
        plan: negativePlan,
        selection: 'uniform',
        strategy: { kind: 'blur' },
        grid: 4,
      };
      await createTrainer(maskedOptions({ masker }, { epochs: 1, hooks, ...changes })).run();
      return seen;
    };
    const single = await shares({});
    const half = await shares({ precision: 'bfloat16' });
    expect(half.map((share) => share.toFixed(6))).toEqual(single.map((share) => share.toFixed(6)));
    // Two batches of 8 make a step; a share is the mean over all of their images.
    const joined = await shares({ accumulate: 2 });
    expect(joined[0]).toBeCloseTo((single[0]! + single[1]!) / 2, 6);
    expect(new Set(single).size).toBeGreaterThan(1);
  });
});
