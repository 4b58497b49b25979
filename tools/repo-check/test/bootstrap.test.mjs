import { describe, expect, it } from 'vitest';
import { COMMANDS, needsNative } from '../../bootstrap/commands.mjs';
import { integrityToHex, parsePackageManager } from '../../bootstrap/package-manager.mjs';
import { testCounts } from '../../bootstrap/test-counts.mjs';

describe('needsNative', () => {
  it.each([
    ['test', [], {}, true],
    ['demo', [], {}, true],
    ['ssl-scene', ['pretrain', 'simclr-cifar10'], {}, true],
    ['ssl-scene', ['--quiet', 'eval', 'run'], {}, true],
    ['ssl-scene', [], {}, false],
    ['ssl-scene', ['native', 'remove'], {}, false],
    ['ssl-scene', ['doctor'], {}, false],
    ['ssl-scene', ['pretrain', '--help'], {}, false],
    ['demo', [], { SSL_SCENE_NATIVE: 'skip' }, false],
    ['demo', [], { SSL_SCENE_BACKEND: 'wasm' }, false],
    ['demo', [], { SSL_SCENE_BACKEND: 'native' }, true],
    ['demo', [], { SSL_SCENE_BACKEND: 'auto' }, true],
  ])('%s %j with %j: %s', (name, args, env, expected) => {
    expect(needsNative(name, args, env)).toBe(expected);
  });
});

describe('the package manager', () => {
  it('is read with its hash, and the registry’s form of the hash is the same', () => {
    const sha512 = 'ab'.repeat(64);
    expect(parsePackageManager(`pnpm@10.34.9+sha512.${sha512}`)).toEqual({ version: '10.34.9', sha512 });
    expect(integrityToHex(`sha512-${Buffer.from(sha512, 'hex').toString('base64')}\n`)).toBe(sha512);
  });

  it.each(['pnpm@10.34.9', 'yarn@4.0.0', 'pnpm@latest+sha512.00'])('%s is refused', (field) => {
    expect(() => parsePackageManager(field)).toThrow('packageManager must be');
  });
});

it('every root script is a command', async () => {
  const { default: root } = await import('../../../package.json', { with: { type: 'json' } });
  const commands = Object.values(root.scripts).flatMap((script) => /bootstrap\/run\.mjs (\S+)/.exec(script)?.[1] ?? []);
  expect(commands.length).toBeGreaterThan(4);
  for (const command of commands) expect(COMMANDS).toHaveProperty([command]);
});

it('counts of several reports are added up', () => {
  const reports = [
    { numPassedTests: 10, numFailedTests: 1, numPendingTests: 2, numTodoTests: 0 },
    { numPassedTests: 5, numFailedTests: 0, numPendingTests: 0 },
  ];
  expect(testCounts(reports)).toBe('15 passed, 1 failed, 2 skipped');
});
