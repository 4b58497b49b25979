import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { findNative } from '@ssl-scene/native';
import { describe, expect, it, vi } from 'vitest';
import { RESTART_FILE } from '../src/library-layout.ts';

const PROGRAM = fileURLToPath(new URL('restarted.ts', import.meta.url));
const NODE = ['--conditions=@ssl-scene/source', '--import=tsx'];

interface Said {
  readonly pid: number;
  readonly reason: string;
  readonly tunables: string | null;
  readonly args: readonly string[];
  readonly input: string;
}

function run(environment: Readonly<Record<string, string>>, args: readonly string[] = []) {
  const { GLIBC_TUNABLES: _, ...inherited } = process.env;
  const env = { ...inherited, ...environment };
  const { pid, stdout, stderr, status } = spawnSync(process.execPath, [...NODE, PROGRAM, ...args], {
    encoding: 'utf8',
    input: 'what was piped in',
    env,
  });
  return {
    pid,
    said: stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Said),
    stderr,
    status,
  };
}

function canRestart(): boolean {
  const found = findNative();
  const hasAddon = !('reason' in found) && found.installation?.manifest.files[RESTART_FILE] !== undefined;
  if (process.platform !== 'linux' || !hasAddon) return false;
  return readFileSync('/sys/kernel/mm/transparent_hugepage/enabled', 'utf8').includes('[madvise]');
}

describe('restartWithLargePages', () => {
  it.skipIf(!canRestart())(
    'goes on as the same process, once (needs Linux that gives large pages to who asks, and the native backend)',
    () => {
      const { pid, said, stderr, status } = run({ GLIBC_TUNABLES: 'glibc.malloc.perturb=0' }, ['a', 'b c', 'é']);
      expect(stderr).toBe('');
      expect(said).toEqual([
        {
          pid,
          reason: expect.stringMatching(/^GLIBC_TUNABLES decides/),
          tunables: 'glibc.malloc.perturb=0:glibc.malloc.hugetlb=1',
          args: ['a', 'b c', 'é'],
          input: 'what was piped in',
        },
      ]);
      expect(status).toBe(3);
    },
  );

  it('leaves alone who has decided', () => {
    const { said, status } = run({ GLIBC_TUNABLES: 'glibc.malloc.hugetlb=0' });
    expect(said).toMatchObject([{ tunables: 'glibc.malloc.hugetlb=0', input: 'what was piped in' }]);
    expect(status).toBe(3);
  });

  it.skipIf(process.platform !== 'linux')('does nothing in a thread (needs Linux)', async () => {
    vi.resetModules();
    vi.doMock('node:worker_threads', () => ({ isMainThread: false }));
    const { restartWithLargePages } = await import('../src/restart.ts');
    expect(restartWithLargePages()).toBe('only the main thread can start the program again');
    vi.doUnmock('node:worker_threads');
    vi.resetModules();
  });
});
