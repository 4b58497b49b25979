import { join, sep } from 'node:path';
import { defaultCacheDirectory } from '@ssl-scene/native';
import { describe, expect, it } from 'vitest';
import { cacheLayout } from '../src/cache.ts';

const home = join(sep, 'users', 'ada');

describe('defaultCacheDirectory', () => {
  it.each([
    ['SSL_SCENE_CACHE wins', { SSL_SCENE_CACHE: 'mine', XDG_CACHE_HOME: 'xdg' }, 'linux', join('mine', 'native')],
    ['XDG_CACHE_HOME', { XDG_CACHE_HOME: 'xdg' }, 'linux', join('xdg', 'ssl-scene', 'native')],
    ['an empty variable counts as unset', { XDG_CACHE_HOME: '' }, 'linux', join(home, '.cache', 'ssl-scene', 'native')],
    ['macOS', {}, 'darwin', join(home, 'Library', 'Caches', 'ssl-scene', 'native')],
    ['Windows', { LOCALAPPDATA: 'local' }, 'win32', join('local', 'ssl-scene', 'native')],
  ])('%s', (_, env, platform, expected) => {
    expect(defaultCacheDirectory(env, platform, home)).toBe(expected);
  });
});

describe('cacheLayout', () => {
  it('tells versions of all parts and platforms apart', () => {
    const entries = [
      cacheLayout('c', '4.22.0', 'tensorflow_cpu-2.15.1-cp311-cp311-manylinux_2_17_x86_64.whl', 'abc').entry,
      cacheLayout('c', '4.23.0', 'tensorflow_cpu-2.15.1-cp311-cp311-manylinux_2_17_x86_64.whl', 'abc').entry,
      cacheLayout('c', '4.22.0', 'tensorflow_cpu-2.21.0-cp311-cp311-manylinux_2_27_x86_64.whl', 'abc').entry,
      cacheLayout('c', '4.22.0', 'tensorflow-2.15.1-cp311-cp311-macosx_12_0_arm64.whl', 'abc').entry,
      cacheLayout('c', '4.22.0', 'tensorflow_cpu-2.15.1-cp311-cp311-manylinux_2_17_x86_64.whl', 'def').entry,
    ];
    expect(new Set(entries).size).toBe(entries.length);
  });
});
