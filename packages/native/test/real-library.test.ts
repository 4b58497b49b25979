import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findNative, loadNative } from '@ssl-scene/native';
import { describe, expect, it } from 'vitest';
import { runCommand } from '../src/command.ts';
import { BINDING_FILE } from '../src/library-layout.ts';
import { selfTest } from '../src/self-test.ts';

const found = findNative();
const isInstalled = !('reason' in found);

describe.skipIf(!isInstalled)('the installed library (needs the native backend)', () => {
  it('passes its self-test and says which TensorFlow it is', async () => {
    const { packageDirectory, installation } = found as Exclude<typeof found, { reason: string }>;
    const tested = await selfTest({ packageDirectory, bindingPath: join(packageDirectory, BINDING_FILE) });
    expect(tested.tensorflowVersion).toMatch(/^2\.\d+\.\d+$/);
    if (installation !== undefined) expect(tested.tensorflowVersion).toBe(installation.manifest.tensorflowVersion);
  });

  it('loads and computes in this process', () => {
    const loaded = loadNative();
    expect(loaded).not.toHaveProperty('reason');
    const { module: tf } = loaded as { module: unknown } as { module: Tfjs };
    expect(tf.getBackend()).toBe('tensorflow');
    const product = tf.matMul(tf.tensor2d([[1, 2]]), tf.tensor2d([[3], [4]]));
    expect([...product.dataSync()]).toEqual([11]);
  });

  it('prints what the README says', async () => {
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
    const example = /```js\n([\s\S]*?)```/.exec(readme)![1]!;
    const expected = [...example.matchAll(/^\/\/ (.*)$/gm)].map((match) => match[1]);
    const conditions = process.env.SSL_SCENE_TEST === 'dist' ? [] : ['--conditions=@ssl-scene/source', '--import=tsx'];
    const cwd = fileURLToPath(new URL('..', import.meta.url));
    const { stdout } = await runCommand(process.execPath, [...conditions, '--input-type=module', '-e', example], {
      cwd,
    });
    expect(stdout.trim().split('\n')).toEqual(expected);
  });

  it('has what Node 23 removed', async () => {
    loadNative();
    const util = (await import('node:util')).default as unknown as { isNullOrUndefined(value: unknown): boolean };
    expect([null, undefined, 0, ''].map((value) => util.isNullOrUndefined(value))).toEqual([true, true, false, false]);
  });
});

interface Tfjs {
  getBackend(): string;
  tensor2d(values: number[][]): unknown;
  matMul(a: unknown, b: unknown): { dataSync(): Float32Array };
}
