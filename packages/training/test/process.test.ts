import { describe, expect, it } from 'vitest';
import { childRun, newestContent } from './child-run.ts';
import { newFolders } from './new-folders.ts';
import { backends } from './tiny-run.ts';

const newFolder = newFolders();

describe('a run in a process of its own', () => {
  it('C08: survives Ctrl-C with the bytes of an uninterrupted run', { timeout: 180_000 }, async () => {
    const backend = backends[0]!;
    const whole = newFolder();
    const parted = newFolder();
    expect((await childRun(whole, backend)).lines.at(-1)).toBe('completed');

    const stopped = await childRun(parted, backend, 'SIGINT', 5);
    expect([stopped.code, stopped.lines.at(-1)]).toEqual([0, 'stopped']);
    expect(stopped.errors).toMatch(/stopped \(SIGINT\) after step \d+ of 24\. Go on with: the same command/);

    const resumed = await childRun(parted, backend);
    expect(resumed.lines.at(-1)).toBe('completed');
    expect(resumed.errors).toMatch(/going on after step \d+ of 24/);
    expect(newestContent(parted)).toEqual(newestContent(whole));
  });
});
