import { beforeAll, describe, expect, it } from 'vitest';
import { killedAndResumed, uninterrupted } from './resume-case.ts';
import { backends, type TinyFramework, tinyFrameworks } from './tiny-run.ts';

const frameworks = Object.keys(tinyFrameworks) as TinyFramework[];

describe.each(frameworks.flatMap((framework) => backends.map((backend) => ({ framework, backend }))))(
  '20 steps of $framework on $backend',
  ({ framework, backend }) => {
    let want: Record<string, string>;
    beforeAll(async () => {
      want = await uninterrupted({ framework, backend, workers: 0 });
    }, 120_000);

    it.each([0, 1, 3])(
      'with %i workers: kill -9 after 7 steps and resuming leave the same bytes',
      { timeout: 120_000 },
      async (workers) => {
        expect(await killedAndResumed({ framework, backend, workers })).toEqual(want);
      },
    );
  },
);
