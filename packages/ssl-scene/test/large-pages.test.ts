import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { findNative } from '@ssl-scene/native';
import { describe, expect, it } from 'vitest';
import { COMMAND } from './command-line.ts';

/** Says of each start of a program whether it asks for large pages. */
const PROBE = `data:text/javascript,${encodeURIComponent("console.error('asks:' + (process.env.GLIBC_TUNABLES ?? ''))")}`;

function starts(environment: Readonly<Record<string, string>>, ...args: string[]): string[] {
  const { GLIBC_TUNABLES: _, SSL_SCENE_BACKEND: __, ...env } = process.env;
  const node = [`--import=${PROBE}`, ...COMMAND, ...args];
  const { stderr } = spawnSync(process.execPath, node, { encoding: 'utf8', env: { ...env, ...environment } });
  return stderr.split('\n').filter((line) => line.startsWith('asks:'));
}

const givesLargePages =
  process.platform === 'linux' &&
  !('reason' in findNative()) &&
  readFileSync('/sys/kernel/mm/transparent_hugepage/enabled', 'utf8').includes('[madvise]');

describe.skipIf(!givesLargePages)(
  'large pages (need Linux that gives them to who asks, and the native backend)',
  () => {
    it('are asked for by a second start where a command computes', () => {
      expect(starts({}, 'eval', 'no-such-run')).toEqual(['asks:', 'asks:glibc.malloc.hugetlb=1']);
    });

    it('are not where it does not, or on another backend', () => {
      expect(starts({}, 'presets')).toEqual(['asks:']);
      expect(starts({ SSL_SCENE_BACKEND: 'wasm' }, 'eval', 'no-such-run')).toEqual(['asks:']);
    });
  },
);
