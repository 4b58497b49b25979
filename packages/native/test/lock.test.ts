import { existsSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { runCommand } from '../src/command.ts';
import { withLock } from '../src/lock.ts';
import { temporaryFolder } from './temporary-folder.ts';

const quick = { interval: 5 };

describe('withLock', () => {
  it('lets one at a time work', async () => {
    const path = join(temporaryFolder(), 'deep', 'a.lock');
    let inside = 0;
    let most = 0;
    let waits = 0;
    const work = async (): Promise<void> => {
      inside++;
      most = Math.max(most, inside);
      await sleep(10);
      inside--;
    };
    const onWait = (): void => {
      waits++;
    };
    await Promise.all(Array.from({ length: 6 }, () => withLock(path, work, { ...quick, onWait })));
    expect(most).toBe(1);
    expect(waits).toBe(5);
    expect(existsSync(path)).toBe(false);
  });

  it('frees the lock when the work fails', async () => {
    const path = join(temporaryFolder(), 'a.lock');
    await expect(withLock(path, () => Promise.reject(new Error('work')))).rejects.toThrow('work');
    expect(existsSync(path)).toBe(false);
  });

  it('takes over the lock of a dead process', async () => {
    const path = join(temporaryFolder(), 'a.lock');
    const { stdout } = await runCommand(process.execPath, ['-p', 'process.pid']);
    writeFileSync(path, JSON.stringify({ token: 'dead', pid: Number(stdout), host: hostname() }));
    expect(await withLock(path, async () => JSON.parse(readFileSync(path, 'utf8')).pid, quick)).toBe(process.pid);
  });

  it('takes over a lock that shows no sign of life, also an empty one', async () => {
    const path = join(temporaryFolder(), 'a.lock');
    for (const contents of ['', JSON.stringify({ token: 'far', pid: process.pid, host: 'another-machine' })]) {
      writeFileSync(path, contents);
      const old = new Date(Date.now() - 120_000);
      utimesSync(path, old, old);
      expect(await withLock(path, async () => 'done', quick)).toBe('done');
    }
  });

  it('waits for a holder on another machine, and stops waiting when told', async () => {
    const path = join(temporaryFolder(), 'a.lock');
    writeFileSync(path, JSON.stringify({ token: 'far', pid: 1, host: 'another-machine' }));
    const stop = new AbortController();
    const waiting = withLock(path, async () => 'done', { ...quick, signal: stop.signal, onWait: () => stop.abort() });
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
    expect(existsSync(path)).toBe(true);
  });
});
