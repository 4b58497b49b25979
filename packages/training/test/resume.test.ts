import { describe, expect, it } from 'vitest';
import { killedAndResumed, type ResumeCase, uninterrupted } from './resume-case.ts';
import { backends } from './tiny-run.ts';

const [fast, other] = [backends[0]!, backends.at(-1)!];

// Every framework, both backends and all numbers of workers; the slow suite has their product.
const cases: readonly ResumeCase[] = [
  { framework: 'simclr', backend: other, workers: 3 },
  { framework: 'moco', backend: fast, workers: 1 },
  { framework: 'byol', backend: other, workers: 0 },
  { framework: 'simsiam', backend: fast, workers: 0 },
];

describe('20 steps', () => {
  it.each(cases)(
    'Q04, E05: $framework on $backend with $workers workers: kill -9 after 7 steps and resuming leave the same bytes',
    { timeout: 120_000 },
    async (resumeCase) => {
      const want = await uninterrupted({ ...resumeCase, workers: 0 });
      expect(await killedAndResumed(resumeCase)).toEqual(want);
    },
  );
});
