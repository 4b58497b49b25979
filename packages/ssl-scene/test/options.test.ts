import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sslScene, startSslScene } from './command-line.ts';
import { tinyConfig } from './tiny-config.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ssl-scene-options-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** They fetch and compile, which the tests of `native` do. */
const INSTALLATION = ['--gpu', '--from', '--force', '--cache', '--verify'];

const here = new URL('.', import.meta.url);

describe('options of the command line', { timeout: 120_000 }, () => {
  it('C07: each stands in a test', () => {
    const program = readFileSync(new URL('../src/cli.ts', here), 'utf8');
    const options = new Set([...program.matchAll(/\.option\('(--[a-z-]+)/g)].map(([, name]) => name!));
    expect(options.size).toBeGreaterThan(20);
    const tests = readdirSync(here)
      .filter((name) => name.endsWith('.test.ts'))
      .map((name) => readFileSync(new URL(name, here), 'utf8'))
      .join('\n');
    const untested = [...options].filter((name) => !INSTALLATION.includes(name) && !tests.includes(`'${name}'`));
    expect(untested).toEqual([]);
  });

  it('--resume goes on where Ctrl-C stopped a run', async () => {
    const config = tinyConfig({ training: { epochs: 60, batchSize: 16, workers: 1 } });
    writeFileSync(join(folder, 'long.yaml'), config);
    const run = startSslScene(folder, 'pretrain', 'long.yaml', '--out', 'long', '--quiet');
    const checkpoints = join(folder, 'long/checkpoints');
    while (!existsSync(checkpoints) || readdirSync(checkpoints).length === 0) await setTimeout(20);
    run.kill('SIGINT');
    const [code] = await once(run, 'exit');
    expect(code).toBe(130);
    const resumed = sslScene(folder, 'pretrain', 'long.yaml', '--out', 'long', '--resume', '--quiet', '--json');
    expect(resumed.errors).toBe('');
    expect(JSON.parse(resumed.output)).toMatchObject({ completed: true, step: 180 });
    const steps = readFileSync(join(folder, 'long/metrics.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { kind?: string; step: number });
    expect(Math.max(...steps.map(({ step }) => step))).toBe(180);
  });

  it('presets: a file as it is, --resolved with its defaults, --schema for editors', () => {
    const plain = sslScene(folder, 'presets', 'moco-cifar10').output;
    expect(plain).toMatch(/extends: simclr-cifar10/);
    const resolved = sslScene(folder, 'presets', 'moco-cifar10', '--resolved').output;
    expect(resolved).not.toMatch(/extends/);
    expect(resolved).toMatch(/keepLast: 2/);
    const schema = JSON.parse(sslScene(folder, 'presets', '--schema').output) as { properties: object };
    expect(Object.keys(schema.properties)).toContain('training');
  });
});
